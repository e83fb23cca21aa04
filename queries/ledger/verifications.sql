-- Gives kept reports of verification between two numbers, newest first. verification_no bigint, at timestamptz, report text.
-- Parameters: after, before, limit.
select verification_no, at, report
from verification
where verification_no > %(after)s and verification_no < %(before)s
order by verification_no desc
limit %(limit)s
