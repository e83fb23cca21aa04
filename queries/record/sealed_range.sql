-- Gives sealed events of a range of the log, in order: the columns of the relation `events` (dashboard/events/columns.py), times in
-- microseconds since 1970, then salts, leaf and original as hexadecimal. A row is an event.
-- Parameters: start, stop, first_id, last_id, first_at, last_at.
select
    s.seq,
    e.id,
    (extract(epoch from e.occurred_at) * 1000000)::bigint as occurred_at,
    (extract(epoch from e.recorded_at) * 1000000)::bigint as recorded_at,
    e.actor, e.actor_id, e.actor_type, e.category, e.action, e.outcome, e.description, e.target,
    host(e.source_ip) as source_ip,
    s.region, s.country, s.geo_source,
    e.user_agent, e.reported_region, e.source, e.native_id, e.source_seq, e.request_id, e.details, e.db_role, e.imported,
    case when e.occurred_at > e.recorded_at + interval '5 minutes' then 'ahead'
        when not e.imported and e.occurred_at < e.recorded_at - interval '1 hour' then 'behind' end as clock,
    nullif(concat_ws(',',
        case when e.actor_salt is null then 'actor' end, case when e.client_salt is null then 'client' end,
        case when e.description_salt is null then 'description' end, case when e.details_salt is null then 'details' end,
        case when e.original_salt is null then 'original' end, case when s.place_salt is null then 'place' end,
        case when e.target_salt is null then 'target' end), '') as erased,
    e.leaf_v,
    encode(s.leaf, 'hex') as leaf,
    encode(e.actor_salt, 'hex') as actor_salt, encode(e.client_salt, 'hex') as client_salt,
    encode(e.description_salt, 'hex') as description_salt, encode(e.details_salt, 'hex') as details_salt,
    encode(e.original_salt, 'hex') as original_salt, encode(s.place_salt, 'hex') as place_salt, encode(e.target_salt, 'hex') as target_salt,
    encode(e.original, 'hex') as original
from sealed s join audit_event e on e.id = s.event_id and e.recorded_at = s.recorded_at
where s.seq >= %(start)s and s.seq < %(stop)s
    and e.id between %(first_id)s and %(last_id)s and e.recorded_at between %(first_at)s and %(last_at)s
order by s.seq
