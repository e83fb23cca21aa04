-- Makes an event come from another address. Parameters: seq.
update audit_event set source_ip = coalesce(source_ip, '192.0.2.1') + 1 where id = (select event_id from sealed where seq = %(seq)s)
