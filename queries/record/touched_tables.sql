-- Gives the tables whose files held what erasures took. name text (quoted where needed). Parameters: erasures (bigint[]).
select distinct e.tableoid::regclass::text as name
from erased_group g
join sealed s on s.event_id = g.event_id
join audit_event e on e.id = s.event_id and e.recorded_at = s.recorded_at
where g.erasure_no = any(%(erasures)s::bigint[])
union
select 'sealed' from erased_group g where g.grp = 'place' and g.erasure_no = any(%(erasures)s::bigint[])
union
select 'conflict' from conflict c where c.erasure_no = any(%(erasures)s::bigint[])
union
select 'saved_view' -- what readers changed and deleted is in its old row versions
order by name
