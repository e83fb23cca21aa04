-- Gives the next events that no seal covers, found by looking at all of them: after a restore, when transaction ids tell nothing.
-- Columns as in unsealed_events, in order of id. Parameters: after_id, limit.
select
    tx, id, recorded_at, db_role, occurred_at, category, action, outcome, actor_type, actor_id, source, native_id, source_seq, request_id,
    imported, actor, source_ip, user_agent, reported_region, target, description, details, sha256(original) as original_sha256,
    actor_salt, client_salt, target_salt, description_salt, details_salt, original_salt
from audit_event e
where not exists (select from sealed s where s.event_id = e.id) and id > %(after_id)s
order by id
limit %(limit)s
