-- Lets the writer change sealed events.
grant update on audit_event to auditlens_writer
