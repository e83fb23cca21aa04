-- Empties a personal field as an erasure would, without its record. Parameters: seq.
update audit_event set actor = null, actor_salt = null where id = (select event_id from sealed where seq = %(seq)s)
