-- Gives the events committed between two snapshots, in the order of sealing: first those of transactions that were still open at the first.
-- A row is the input of one leaf (dashboard.events.canonical.LeafInput). Parameters: pending (text[] of xid8), start, stop (text of an xid8).
select
    id,
    to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    db_role,
    to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    category, action, outcome, actor_type, actor_id, source, native_id, source_seq, request_id, imported,
    actor, host(source_ip), user_agent, reported_region, target, description, details, encode(sha256(original), 'hex'),
    encode(actor_salt, 'hex'), encode(client_salt, 'hex'), encode(target_salt, 'hex'),
    encode(description_salt, 'hex'), encode(details_salt, 'hex'), encode(original_salt, 'hex')
from audit_event
where tx = any(%(pending)s::xid8[]) or (tx >= %(start)s::xid8 and tx < %(stop)s::xid8)
order by (tx >= %(start)s::xid8), tx, id
