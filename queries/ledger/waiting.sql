-- Says what is recorded but not sealed yet, as unsealed_events finds it: bounds given as values on both sides, or the planner reads the whole record.
-- events bigint, oldest_s double precision (seconds since it was recorded; null when none). Parameters: pending (text[] of xid8), start, stop (text of an xid8).
select count(*) as events, extract(epoch from clock_timestamp() - min(recorded_at))::double precision as oldest_s
from audit_event
where tx = any(%(pending)s::xid8[]) or (tx >= %(start)s::xid8 and tx < %(stop)s::xid8)
