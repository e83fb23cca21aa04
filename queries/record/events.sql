-- The relation `events` as of one state, on the record itself, for the engine that asks it; the address also as `inet`.
-- A row is one event; columns as in dashboard/events/columns.py, then source_inet inet. Text is ordered by code point.
-- Parameters: as_of.
select
    s.seq, e.id, e.occurred_at, e.recorded_at,
    e.actor collate "C" as actor,
    e.actor_id collate "C" as actor_id,
    e.actor_type collate "C" as actor_type,
    e.category collate "C" as category,
    e.action collate "C" as action,
    e.outcome collate "C" as outcome,
    e.description collate "C" as description,
    e.target collate "C" as target,
    host(e.source_ip) collate "C" as source_ip,
    s.region collate "C" as region,
    s.country collate "C" as country,
    s.geo_source collate "C" as geo_source,
    e.user_agent collate "C" as user_agent,
    e.reported_region collate "C" as reported_region,
    e.source collate "C" as source,
    e.native_id collate "C" as native_id,
    e.source_seq,
    e.request_id collate "C" as request_id,
    e.details collate "C" as details,
    e.db_role collate "C" as db_role,
    e.imported,
    case when e.occurred_at > e.recorded_at + interval '5 minutes' then 'ahead'
        when not e.imported and e.occurred_at < e.recorded_at - interval '1 hour' then 'behind' end collate "C" as clock,
    nullif(concat_ws(',',
        case when e.actor_salt is null then 'actor' end, case when e.client_salt is null then 'client' end,
        case when e.description_salt is null then 'description' end, case when e.details_salt is null then 'details' end,
        case when e.original_salt is null then 'original' end, case when s.place_salt is null then 'place' end,
        case when e.target_salt is null then 'target' end), '') collate "C" as erased,
    e.source_ip as source_inet
from sealed s join audit_event e on e.id = s.event_id and e.recorded_at = s.recorded_at
where s.seq < :as_of
