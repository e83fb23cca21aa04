-- Counts the events that have no place, by comparing everything. events bigint.
select count(*) as events
from audit_event e
where not exists (select from sealed s where s.event_id = e.id and s.recorded_at = e.recorded_at)
