-- Removes the events from a place on. Parameters: seq.
delete from audit_event where id in (select event_id from sealed where seq >= %(seq)s)
