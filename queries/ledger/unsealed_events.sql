-- Gives the next events committed between two snapshots, in the order of sealing: by transaction, so those still open at the first come first.
-- A row is the input of one leaf but for its place, raw, and its transaction. Parameters: pending (text[] of xid8), start, stop (text of an xid8),
-- after_tx (text), after_id (where the rows before ended), limit.
select
    tx, id, recorded_at, db_role, occurred_at, category, action, outcome, actor_type, actor_id, source, native_id, source_seq, request_id,
    imported, actor, source_ip, user_agent, reported_region, target, description, details, sha256(original) as original_sha256,
    actor_salt, client_salt, target_salt, description_salt, details_salt, original_salt
from audit_event
where (tx = any(%(pending)s::xid8[]) or (tx >= %(start)s::xid8 and tx < %(stop)s::xid8))
    and (tx > %(after_tx)s::xid8 or (tx = %(after_tx)s::xid8 and id > %(after_id)s))
order by tx, id
limit %(limit)s
