-- Changes one word of an event's description. Parameters: seq.
update audit_event set description = description || ', as agreed' where id = (select event_id from sealed where seq = %(seq)s)
