-- Gives events that nothing was kept of when they came in: they did not come through audit_append. id bigint, seq bigint (null: not sealed yet).
select e.id, s.seq
from audit_event e
left join sealed s on s.event_id = e.id and s.recorded_at = e.recorded_at
where not exists (select from event_key k where k.event_id = e.id)
order by e.id
limit 1001
