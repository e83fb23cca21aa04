-- Gives the events that no seal covers, found by looking at all of them: after a restore, when transaction ids tell nothing. Columns as in unsealed_events.
select
    id,
    to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    db_role,
    to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    category, action, outcome, actor_type, actor_id, source, native_id, source_seq, request_id, imported,
    actor, host(source_ip), user_agent, reported_region, target, description, details, encode(sha256(original), 'hex'),
    encode(actor_salt, 'hex'), encode(client_salt, 'hex'), encode(target_salt, 'hex'),
    encode(description_salt, 'hex'), encode(details_salt, 'hex'), encode(original_salt, 'hex')
from audit_event e
where not exists (select from sealed s where s.event_id = e.id)
order by id
