-- Gives the quarantined submissions that are not erased. id bigint, submission text (JSON; bytes in it are hexadecimal behind \x).
select id, submission::text as submission
from conflict
where submission is not null
order by id
