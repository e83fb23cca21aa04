-- Deletes a sealed event. Parameters: seq.
delete from audit_event where id = (select event_id from sealed where seq = %(seq)s)
