-- Says whether events were recorded before the first partition of a month or after the last: those go to the default partition.
-- used boolean. Parameters: first, beyond (timestamptz as text).
select exists (select from audit_event where recorded_at < %(first)s::timestamptz or recorded_at >= %(beyond)s::timestamptz) as used
