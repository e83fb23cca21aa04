-- Puts another person in the place of an event's actor. Parameters: seq.
update audit_event set actor = 'somebody.else', actor_type = 'user' where id = (select event_id from sealed where seq = %(seq)s)
