-- Removes the keys of events that are gone.
delete from event_key k where not exists (select from audit_event e where e.id = k.event_id)
