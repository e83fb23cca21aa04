-- Counts everything: events bigint, keys bigint (of events that came in once), places bigint. Reads the whole record.
select (select count(*) from audit_event) as events, (select count(*) from event_key) as keys, (select count(*) from sealed) as places
