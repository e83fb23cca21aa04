-- Gives the places of the log whose rows left the database by policy, in order. A row is a range: start bigint, stop bigint (not included).
select lower(part) as start, upper(part) as stop
from retired cross join lateral unnest(ranges) as part
order by start
