-- Gives the groups that were erased with a record, in the order of the log. A row is a group: seq bigint, event_id bigint, grp text.
-- Parameters: first (the number of the first erasure that is meant).
select s.seq, g.event_id, g.grp
from erased_group g join sealed s on s.event_id = g.event_id
where g.erasure_no >= %(first)s
order by s.seq, g.grp
