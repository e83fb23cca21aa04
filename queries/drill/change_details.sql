-- Changes an event's details by a blank. Parameters: seq.
update audit_event set details = coalesce(details, 'null') || ' ' where id = (select event_id from sealed where seq = %(seq)s)
