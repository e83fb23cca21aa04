-- Makes a single append less than half as dear. Its checks leave the table, where PostgreSQL reads each anew for every statement, for the two
-- functions that are the only way in; and the single event gets a way of its own past the machinery of batches.
set local role auditlens_owner;

-- What an event must be whoever inserts it: the limits of dashboard/events/event.py. Raises check_violation that names what is wrong.
create or replace function audit_check(
    occurred_at timestamptz, category text, action text, outcome text, actor_type text, actor_id text, source text, native_id text,
    source_seq bigint, request_id text, actor text, source_ip inet, user_agent text, reported_region text, target text, description text,
    details text, original bytea) returns boolean
language plpgsql immutable parallel safe as $$
declare
    wrong text;
begin
    if occurred_at >= '1970-01-01Z' and occurred_at < '10000-01-01Z'
        and octet_length(category) <= 256 and octet_length(action) <= 256 and octet_length(source) <= 256
        and category !~ '^\s*$' and action !~ '^\s*$' and source !~ '^\s*$'
        and outcome in ('success', 'failure', 'unknown') and actor_type in ('user', 'admin', 'token', 'system', 'anonymous')
        and (actor is null or (octet_length(actor) <= 1024 and actor_type <> 'system'))
        and (native_id is null or octet_length(native_id) <= 1024) and (actor_id is null or octet_length(actor_id) <= 1024)
        and (request_id is null or octet_length(request_id) <= 1024) and (source_seq is null or source_seq between 0 and 9007199254740991)
        and (source_ip is null or masklen(source_ip) = case family(source_ip) when 4 then 32 else 128 end)
        and (user_agent is null or octet_length(user_agent) <= 4096) and (reported_region is null or octet_length(reported_region) <= 1024)
        and (target is null or octet_length(target) <= 4096) and (description is null or octet_length(description) <= 16384)
        and (details is null or octet_length(details) <= 65536) and (original is null or octet_length(original) <= 1048576)
    then
        return true;
    end if;
    wrong := case
        when occurred_at < '1970-01-01Z' or occurred_at >= '10000-01-01Z' then 'occurred_at_between_1970_and_9999'
        when octet_length(category) > 256 or category ~ '^\s*$' then 'category_of_1_to_256_bytes'
        when octet_length(action) > 256 or action ~ '^\s*$' then 'action_of_1_to_256_bytes'
        when octet_length(source) > 256 or source ~ '^\s*$' then 'source_of_1_to_256_bytes'
        when outcome not in ('success', 'failure', 'unknown') then 'outcome_known'
        when actor_type not in ('user', 'admin', 'token', 'system', 'anonymous') then 'actor_type_known'
        when actor_type = 'system' and actor is not null then 'system_has_no_actor'
        when octet_length(actor) > 1024 then 'actor_of_1_kib'
        when octet_length(actor_id) > 1024 then 'actor_id_of_1_kib'
        when octet_length(native_id) > 1024 then 'native_id_of_1_kib'
        when octet_length(request_id) > 1024 then 'request_id_of_1_kib'
        when source_seq not between 0 and 9007199254740991 then 'source_seq_of_53_bits'
        when masklen(source_ip) <> case family(source_ip) when 4 then 32 else 128 end then 'source_ip_is_one_address'
        when octet_length(user_agent) > 4096 then 'user_agent_of_4_kib'
        when octet_length(reported_region) > 1024 then 'reported_region_of_1_kib'
        when octet_length(target) > 4096 then 'target_of_4_kib'
        when octet_length(description) > 16384 then 'description_of_16_kib'
        when octet_length(details) > 65536 then 'details_of_64_kib'
        when octet_length(original) > 1048576 then 'original_of_1_mib'
    end;
    if wrong is null then
        return null; -- a value is null that may not be: the column's own rule says so
    end if;
    raise exception 'an event violates %', wrong using errcode = 'check_violation', constraint = wrong, table = 'audit_event';
end
$$;

do $$
declare
    name text;
begin
    for name in select conname from pg_constraint where conrelid = 'audit_event'::regclass and contype = 'c' loop
        execute format('alter table audit_event drop constraint %I', name);
    end loop;
end
$$;
-- Appends a batch in the transaction of its caller. A row a submission, in their order: place (from 1), the id of the event that holds its key,
-- and accepted, duplicate or conflict. Ids, times, order and salts are given here and by defaults: no caller can choose them.
create or replace function audit_append_all(submissions audit_submission[])
returns table (place integer, event_id bigint, status text)
language plpgsql security definer set search_path = public, pg_temp set jit = off as $$
declare
    key   bytea := (select s.secret from log_secret s);
    ids   bigint[] := array(select nextval('audit_event_id') from generate_series(1, cardinality(submissions)));
    added bigint;
    -- Salts are cut from hashes of this and the event's id; it is drawn for the call and kept nowhere. (A draw for every salt was half the cost.)
    noise bytea := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
begin
    -- set-returning functions side by side keep each submission whole: a subscript into an array of rows costs its length
    with numbered as materialized (
        select unnest(submissions) as given, unnest(ids) as id
    ), keyed as materialized (
        select n.id, n.given, c.content, (n.given).source, coalesce((n.given).native_id, audit_native_id(c.content, (n.given).occurrence)) as native_id
        from numbered n cross join lateral (select audit_content(key, n.given) as content offset 0) c
    ), fresh as (
        insert into event_key as k (source, native_id, content, event_id)
        select d.source, d.native_id, d.content, d.id from keyed d
        order by d.source, d.native_id, d.id -- one order for all appenders: the fewest deadlocks
        on conflict do nothing
        returning k.event_id
    )
    insert into audit_event (
        id, occurred_at, category, action, outcome, actor_type, actor_id, source, native_id, source_seq, request_id, imported,
        actor, source_ip, user_agent, reported_region, target, description, details, original,
        actor_salt, client_salt, target_salt, description_salt, details_salt, original_salt)
    select d.id, (d.given).occurred_at, (d.given).category, (d.given).action, (d.given).outcome, (d.given).actor_type, (d.given).actor_id,
        d.source, d.native_id, (d.given).source_seq, (d.given).request_id, coalesce((d.given).imported, false),
        (d.given).actor, (d.given).source_ip::inet, (d.given).user_agent, (d.given).reported_region, (d.given).target,
        coalesce((d.given).description, ''), (d.given).details, (d.given).original,
        substr(h.a, 1, 16), substr(h.a, 17), substr(h.b, 1, 16), substr(h.b, 17), substr(h.c, 1, 16), substr(h.c, 17)
    from keyed d
    join fresh f on f.event_id = d.id
        and audit_check((d.given).occurred_at, (d.given).category, (d.given).action, (d.given).outcome, (d.given).actor_type, (d.given).actor_id,
            d.source, d.native_id, (d.given).source_seq, (d.given).request_id, (d.given).actor, (d.given).source_ip::inet, (d.given).user_agent,
            (d.given).reported_region, (d.given).target, (d.given).description, (d.given).details, (d.given).original)
    cross join lateral (
        select sha256(noise || int8send(d.id) || 'a') as a, sha256(noise || int8send(d.id) || 'b') as b, sha256(noise || int8send(d.id) || 'c') as c
        offset 0
    ) h
    order by d.id;
    get diagnostics added = row_count;

    if added = cardinality(submissions) then
        return query select u.place::integer, u.id, 'accepted' from unnest(ids) with ordinality as u(id, place) order by u.place;
        return;
    end if;
    -- A statement of its own, so that it sees the keys that others committed while the one above waited for them.
    return query
    with numbered as materialized (
        select unnest(submissions) as given, unnest(ids) as id, generate_series(1, cardinality(ids)) as place
    ), held as materialized (
        select n.place, n.id, n.given, k.event_id, k.source, k.native_id, k.content = c.content as same
        from numbered n
        cross join lateral (select audit_content(key, n.given) as content offset 0) c
        join event_key k on k.source = (n.given).source and k.native_id = coalesce((n.given).native_id, audit_native_id(c.content, (n.given).occurrence))
    ), kept as (
        insert into conflict (event_id, source, native_id, submission)
        select h.event_id, h.source, h.native_id, to_jsonb(h.given) from held h where h.event_id <> h.id and not h.same order by h.place
    )
    select h.place, h.event_id, case when h.event_id = h.id then 'accepted' when h.same then 'duplicate' else 'conflict' end
    from held h order by h.place;
end
$$;

-- How an action ended, by whole words of its name; the same words as dashboard/events/vocabulary.py, and a test holds them together.
create or replace function audit_outcome(action text) returns text
language sql immutable parallel safe as $$
    select case
        when translate(lower(action), '-_.', '   ') ~ '(^|\s)(failed|denied|rejected|blocked|refused)(\s|$)' then 'failure'
        when lower(action) in ('logged in', 'logged out', 'triggered by timer', 'triggered manually')
            or translate(lower(action), '-_.', '   ') ~ ('(^|\s)(added|approved|assigned|attached|cancelled|changed|cloned|completed|connected|created' ||
            '|deleted|detached|disabled|disconnected|downloaded|edited|enabled|exported|granted|invited|paused|removed|renamed|reset|restored' ||
            '|resumed|revoked|rotated|succeeded|unlocked|updated|uploaded|verified)(\s|$)') then 'success'
        else 'unknown'
    end
$$;

-- Appends one event given as an object of the fields of audit_submission; occurred_at, category and action are required, occurred_at with its offset.
-- Returns the id of the event: the new one's, or for a repeat that of the event already stored. The same source and native_id with other
-- content is a conflict: what came is kept in the table conflict, a warning says so, and null comes back.
create or replace function audit_append(event jsonb) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_variable
declare
    field      text;
    kind       text;
    moment     text;
    at         timestamptz;
    ip         text;
    details    text;
    kind_of    text;
    outcome    text;
    source     text;
    native     text;
    key        bytea;
    content    bytea;
    id         bigint;
    noise      bytea;
    result     record;
begin
    if jsonb_typeof(event) is distinct from 'object' then
        raise exception 'audit_append takes one JSON object' using errcode = 'invalid_parameter_value';
    end if;
    -- three looks say whether anything may be wrong, the loop then what: for each event it would cost as much as the insert
    if event ?& array['occurred_at', 'category', 'action']
        and event - array['occurred_at', 'category', 'action', 'actor', 'actor_id', 'actor_type', 'outcome', 'description', 'target',
            'source_ip', 'user_agent', 'reported_region', 'request_id', 'source', 'native_id', 'details'] = '{}'
        and not event - 'details' @? '$.* ? (@.type() != "string")'
    then
        null;
    else
        for field, kind in select e.key, jsonb_typeof(e.value) from jsonb_each(event) e loop
            if field = 'details' then
                continue;
            elsif field = 'source_seq' then
                if kind not in ('number', 'null') or event ->> field !~ '^\d{1,16}$' then
                    raise exception 'source_seq: is not a whole number from 0 to 2^53 - 1' using errcode = 'invalid_parameter_value';
                end if;
            elsif field <> all (array['occurred_at', 'category', 'action', 'actor', 'actor_id', 'actor_type', 'outcome', 'description', 'target',
                'source_ip', 'user_agent', 'reported_region', 'request_id', 'source', 'native_id']) then
                raise exception '%: is not a field of an event', field using errcode = 'invalid_parameter_value', hint = 'Put it under details.';
            elsif kind not in ('string', 'null') then
                raise exception '%: is not a string', field using errcode = 'invalid_parameter_value';
            end if;
        end loop;
        foreach field in array array['occurred_at', 'category', 'action'] loop
            if event ->> field is null then
                raise exception '%: is missing', field using errcode = 'invalid_parameter_value';
            end if;
        end loop;
    end if;
    -- digits beyond the sixth are cut: PostgreSQL would round them
    moment := event ->> 'occurred_at';
    if length(moment) > 26 then
        moment := regexp_replace(moment, '([.]\d{6})\d+', '\1');
    end if;
    if moment !~* '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)$' then
        raise exception 'occurred_at: is not a time with its offset, such as 2026-11-23T08:11:57.123456Z' using errcode = 'invalid_parameter_value';
    end if;

    at := moment;
    kind_of := coalesce(event ->> 'actor_type', case when event ->> 'actor' is null and event ->> 'actor_id' is null then 'system' else 'user' end);
    outcome := coalesce(event ->> 'outcome', audit_outcome(event ->> 'action'));
    -- an IPv4 address written as IPv6 is kept as IPv4; a zone id is the sender's own affair
    ip := event ->> 'source_ip';
    if position(':' in ip) > 0 then
        ip := regexp_replace(split_part(ip, '%', 1), '^::ffff:(\d+[.]\d+[.]\d+[.]\d+)$', '\1', 'i');
    end if;
    source := coalesce(event ->> 'source', 'append');
    details := case jsonb_typeof(event -> 'details') when 'null' then null when 'string' then event ->> 'details' else (event -> 'details')::text end;

    if pg_column_size(event) <= 1000 and outcome in ('success', 'failure') and kind_of in ('user', 'admin', 'token')
        and octet_length(event ->> 'category') between 1 and 256 and octet_length(event ->> 'action') between 1 and 256
        and octet_length(source) between 1 and 256 and event ->> 'category' >= '!' and event ->> 'action' >= '!' and source >= '!'
        and at between '1970-01-01Z' and '9999-01-01Z' and event -> 'source_seq' is null and position('/' in ip) = 0
    then
        null; -- as small as most events are, nothing can pass a limit
    else
        perform audit_check(at, event ->> 'category', event ->> 'action', outcome, kind_of, event ->> 'actor_id', source, event ->> 'native_id',
            (event ->> 'source_seq')::bigint, event ->> 'request_id', event ->> 'actor', ip::inet, event ->> 'user_agent',
            event ->> 'reported_region', event ->> 'target', event ->> 'description', details, null);
    end if;
    key := (select s.secret from log_secret s);
    -- as audit_content: the same words, whichever way they come, have the same hash
    content := sha256(key || sha256(key || convert_to(json_build_array(
        extract(epoch from at), event ->> 'category', event ->> 'action', event ->> 'actor', event ->> 'actor_id', kind_of, outcome,
        coalesce(event ->> 'description', ''), event ->> 'target', host(ip::inet), event ->> 'user_agent', event ->> 'reported_region',
        event ->> 'request_id', (event ->> 'source_seq')::bigint, details)::text, 'UTF8')));
    native := coalesce(event ->> 'native_id', encode(content, 'hex') || ':1'); -- as audit_native_id
    insert into event_key values (source, native, content, nextval('audit_event_id')) on conflict do nothing returning event_id into id;
    if found then
        noise := uuid_send(gen_random_uuid()); -- kept nowhere
        insert into audit_event (
            id, occurred_at, category, action, outcome, actor_type, actor_id, source, native_id, source_seq, request_id, imported,
            actor, source_ip, user_agent, reported_region, target, description, details,
            actor_salt, client_salt, target_salt, description_salt, details_salt, original_salt)
        values (
            id, at, event ->> 'category', event ->> 'action', outcome, kind_of, event ->> 'actor_id', source, native,
            (event ->> 'source_seq')::bigint, event ->> 'request_id', false,
            event ->> 'actor', ip::inet, event ->> 'user_agent', event ->> 'reported_region', event ->> 'target',
            coalesce(event ->> 'description', ''), details,
            substr(sha256(noise || 'a'), 1, 16), substr(sha256(noise || 'a'), 17), substr(sha256(noise || 'b'), 1, 16),
            substr(sha256(noise || 'b'), 17), substr(sha256(noise || 'c'), 1, 16), substr(sha256(noise || 'c'), 17));
        return id;
    end if;
    -- The key is there: a duplicate or a conflict, which the batch tells apart.
    select a.event_id, a.status into result from audit_append_all(array[(
        at, event ->> 'category', event ->> 'action', event ->> 'actor', event ->> 'actor_id', kind_of, outcome, coalesce(event ->> 'description', ''),
        event ->> 'target', ip, event ->> 'user_agent', event ->> 'reported_region', event ->> 'request_id', source, event ->> 'native_id', 1,
        (event ->> 'source_seq')::bigint, details, null, false)::audit_submission]) a;
    if result.status = 'conflict' then
        raise warning 'source % already has an event with native_id %, and it says something else', source, event ->> 'native_id'
            using hint = 'What came is kept in the table conflict.';
        return null;
    end if;
    return result.event_id;
end
$$;

alter table event_key drop constraint event_key_content_check; -- the two functions make it, of 32 bytes always
