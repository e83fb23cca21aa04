-- Says what is recorded but not sealed yet, as a seal finds it: bounds given as values on both sides, or the planner reads the whole record.
-- What has a place is left out: in a restored log a new transaction can have the id of one that was sealed elsewhere (offset 0: looked up one by one).
-- events bigint, oldest_s double precision (seconds since it was recorded; null when none). Parameters: pending (text[] of xid8), start, stop (text of an xid8).
with candidate as materialized (
    select id, recorded_at
    from audit_event
    where tx = any(%(pending)s::xid8[]) or (tx >= %(start)s::xid8 and tx < %(stop)s::xid8)
)
select count(*) as events, extract(epoch from clock_timestamp() - min(recorded_at))::double precision as oldest_s
from candidate
where not exists (select from sealed s where s.event_id = candidate.id offset 0)
