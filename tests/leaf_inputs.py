"""What the leaf of one event is made of, as it stands in the record: the fields of `LeafInput`, in their order."""

LEAF_INPUT = """
select id, to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), db_role,
    to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), category, action, outcome, actor_type,
    actor_id, source, native_id, source_seq, request_id, imported, actor, host(source_ip), user_agent, reported_region,
    target, description, details, encode(sha256(original), 'hex'), encode(actor_salt, 'hex'),
    encode(client_salt, 'hex'),
    encode(target_salt, 'hex'), encode(description_salt, 'hex'), encode(details_salt, 'hex'),
    encode(original_salt, 'hex')
from audit_event where id = %(id)s
"""
