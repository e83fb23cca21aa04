-- Gives the places of a range of the log, in no order, each with its event as it stands now, for the leaf to be computed again.
-- A row is a place; event columns are null when the event is gone. Raw values: whatever a function would hide is to be seen.
-- Parameters: start, stop, first_id, last_id, first_at, last_at (bounds of the range's events, as record/sealed_bounds gives them).
select
    s.seq, s.event_id, s.leaf, s.region, s.country, s.geo_source, s.place_salt,
    e.id, e.leaf_v, e.recorded_at, e.occurred_at, e.db_role, e.category, e.action, e.outcome, e.actor_type, e.actor_id,
    e.source, e.native_id, e.source_seq, e.request_id, e.imported,
    e.actor, e.source_ip, e.user_agent, e.reported_region, e.target, e.description, e.details, sha256(e.original) as original_sha256,
    e.actor_salt, e.client_salt, e.target_salt, e.description_salt, e.details_salt, e.original_salt
from sealed s
left join audit_event e on e.id = s.event_id and e.recorded_at = s.recorded_at
    and e.id between %(first_id)s and %(last_id)s and e.recorded_at between %(first_at)s and %(last_at)s
where s.seq >= %(start)s and s.seq < %(stop)s
