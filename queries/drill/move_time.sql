-- Moves an event by a microsecond. Parameters: seq.
update audit_event set occurred_at = occurred_at + interval '1 microsecond' where id = (select event_id from sealed where seq = %(seq)s)
