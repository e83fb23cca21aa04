-- Makes a sealed event say another action. Parameters: seq.
update audit_event set action = action || ' ' where id = (select event_id from sealed where seq = %(seq)s)
