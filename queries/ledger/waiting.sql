-- Says what is recorded but not sealed yet. events bigint, oldest timestamptz (null when none).
with last as (select snapshot::pg_snapshot as snapshot from seal order by seal_no desc limit 1)
select count(*) as events, min(recorded_at) as oldest
from audit_event
where tx >= coalesce((select pg_snapshot_xmax(snapshot) from last), '0'::xid8)
    or tx = any(array(select pg_snapshot_xip(snapshot) from last))
