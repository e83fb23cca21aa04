-- Deletes an event that is recorded and not sealed yet.
delete from audit_event e where not exists (select from sealed s where s.event_id = e.id)
