-- Says whether an event is recorded, sealed or not. found boolean. Parameters: event_id.
select exists (select from audit_event where id = %(event_id)s) as found
