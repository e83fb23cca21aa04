-- Changes an event that is recorded and not sealed yet.
update audit_event e set actor = 'somebody.else' where not exists (select from sealed s where s.event_id = e.id)
