-- How many events there are.
-- A row is the one answer.
-- events bigint: their number
select count(*) as events
from events
