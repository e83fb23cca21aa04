-- Makes the canonical line and the leaf of sealed events in PostgreSQL alone (dashboard/events/LEAF_FORMAT.md), whatever the session's settings.
-- A row is an event that the record still holds, in order. seq bigint, line text (null: a group was erased and its digest is not on record),
-- leaf bytea (as the line gives it), sealed_leaf bytea (as it was sealed). Parameters: start, stop.
select l.seq, l.line, sha256(decode('00', 'hex') || convert_to(l.line, 'UTF8')) as leaf, l.sealed_leaf
from (
    select s.seq, s.leaf as sealed_leaf,
        '{"action":' || to_json(e.action)::text
        || ',"actor_id":' || coalesce(to_json(e.actor_id)::text, 'null')
        || ',"actor_type":' || to_json(e.actor_type)::text
        || ',"category":' || to_json(e.category)::text
        || ',"db_role":' || to_json(e.db_role)::text
        || ',"id":"' || e.id || '"'
        || ',"imported":' || case when e.imported then 'true' else 'false' end
        || ',"native_id":' || to_json(e.native_id)::text
        || ',"occurred_at":"' || to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"'
        || ',"outcome":' || to_json(e.outcome)::text
        || ',"recorded_at":"' || to_char(e.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"'
        || ',"request_id":' || coalesce(to_json(e.request_id)::text, 'null')
        || ',"sd":{' || sd.digests || '}'
        || ',"source":' || to_json(e.source)::text
        || ',"source_seq":' || coalesce(e.source_seq::text, 'null')
        || ',"v":' || e.leaf_v || '}' as line
    from sealed s
    join audit_event e on e.id = s.event_id and e.recorded_at = s.recorded_at
    cross join lateral (
        select case when count(d.digest) = 7 then string_agg('"' || d.name || '":"' || d.digest || '"', ',' order by d.name collate "C") end as digests
        from (
            select g.name, coalesce(
                encode(sha256(convert_to('["' || encode(g.salt, 'hex') || '","' || g.name || '",' || g.value || ']', 'UTF8')), 'hex'),
                encode(erased.digest, 'hex')) as digest
            from (values
                ('actor', e.actor_salt, coalesce(to_json(e.actor)::text, 'null')),
                ('client', e.client_salt, '{"ip":' || coalesce(to_json(host(e.source_ip))::text, 'null')
                    || ',"reported_region":' || coalesce(to_json(e.reported_region)::text, 'null')
                    || ',"user_agent":' || coalesce(to_json(e.user_agent)::text, 'null') || '}'),
                ('description', e.description_salt, coalesce(to_json(e.description)::text, 'null')),
                ('details', e.details_salt, coalesce(to_json(e.details)::text, 'null')),
                ('original', e.original_salt, coalesce('{"sha256":"' || encode(sha256(e.original), 'hex') || '"}', 'null')),
                ('place', s.place_salt, '{"country":' || coalesce(to_json(s.country)::text, 'null')
                    || ',"geo_source":' || coalesce(to_json(s.geo_source)::text, 'null')
                    || ',"region":' || coalesce(to_json(s.region)::text, 'null') || '}'),
                ('target', e.target_salt, coalesce(to_json(e.target)::text, 'null'))
            ) as g(name, salt, value)
            left join erased_group erased on erased.event_id = e.id and erased.grp = g.name
        ) d
    ) sd
    where s.seq >= %(start)s and s.seq < %(stop)s
) l
order by l.seq
