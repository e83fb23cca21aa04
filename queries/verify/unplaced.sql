-- Gives events that have no place though their transaction had ended when the last seal looked, or has not happened yet.
-- id bigint, recorded_at timestamptz. Parameters: snapshot (of the last seal), first_id, last_id.
select e.id, e.recorded_at
from audit_event e
where e.id between %(first_id)s and %(last_id)s
    and not exists (select from sealed s where s.event_id = e.id and s.recorded_at = e.recorded_at)
    and (pg_visible_in_snapshot(e.tx, %(snapshot)s::pg_snapshot) or e.tx >= pg_snapshot_xmax(pg_current_snapshot()))
order by e.id
limit 1001
