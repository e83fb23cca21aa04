-- Makes a single append cheaper again, and adds a way in of typed values for prepared statements. What a producer said is hashed when it is needed: at once
-- only for an event without an id of its own; for all others when an erasure or a retirement takes the event away that a repeat would be compared with.
set local role auditlens_owner;

alter table event_key alter content drop not null;

-- The keyed content hash of an event that is no longer here as it came, and whose key has none.
create table event_content (
    event_id bigint primary key,
    content  bytea not null check (octet_length(content) = 32)
);
alter table event_content alter content set storage plain;
select audit_protect('event_content');

-- The content hash of an event as the record holds it: that of the submission it was made of.
create function audit_content_of(secret bytea, e audit_event) returns bytea
language sql stable as $$
    select audit_content(secret, row(e.occurred_at, e.category, e.action, e.actor, e.actor_id, e.actor_type, e.outcome, coalesce(e.description, ''), e.target,
        host(e.source_ip), e.user_agent, e.reported_region, e.request_id, e.source, e.native_id, 1, e.source_seq, e.details, null, e.imported)::audit_submission)
$$;

-- A submission as the record stores it.
create function audit_told(given audit_submission) returns audit_submission
language plpgsql immutable as $$
begin
    given.description := coalesce(given.description, '');
    return given;
end
$$;

-- Before an erasure empties fields of an event: keeps what a repeat of it is told by.
create function audit_keep_content() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
    insert into event_content (event_id, content)
    select e.id, audit_content_of(s.secret, e)
    from sealed p
    join audit_event e on e.id = p.event_id and e.recorded_at = p.recorded_at
    join event_key k on k.source = e.source and k.native_id = e.native_id and k.event_id = e.id
    cross join log_secret s
    where p.event_id = new.event_id and k.content is null
    on conflict do nothing;
    return null;
end
$$;
create trigger keep_content after insert on erased_group for each row when (new.grp <> 'place') execute function audit_keep_content();
alter table erased_group enable always trigger keep_content;

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
        from numbered n cross join lateral (select case when (n.given).native_id is null then audit_content(key, n.given) end as content offset 0) c
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
    ), keyed as materialized (
        select n.place, n.id, n.given, (n.given).source, coalesce((n.given).native_id, audit_native_id(c.content, (n.given).occurrence)) as native_id, c.content
        from numbered n cross join lateral (select audit_content(key, n.given) as content offset 0) c
    ), held as materialized (
        select d.place, d.id, d.given, k.event_id, k.source, k.native_id,
            coalesce(case when k.content is null then audit_content(key, audit_told(d.given)) = coalesce(t.content, o.content) else d.content = k.content end, false) as same
        from keyed d
        join event_key k on k.source = d.source and k.native_id = d.native_id
        left join event_content t on k.content is null and t.event_id = k.event_id
        left join lateral (
            select audit_content_of(key, e) as content from audit_event e
            where k.content is null and t.event_id is null and e.id = k.event_id and k.event_id <> d.id
            offset 0
        ) o on true
    ), kept as (
        insert into conflict (event_id, source, native_id, submission)
        select h.event_id, h.source, h.native_id, to_jsonb(h.given) from held h where h.event_id <> h.id and not h.same order by h.place
    )
    select h.place, h.event_id, case when h.event_id = h.id then 'accepted' when h.same then 'duplicate' else 'conflict' end
    from held h order by h.place;
end
$$;

-- Appends one event given as typed values, for prepared statements: what audit_append does at two thirds of its cost. `details` is JSON text.
-- A null is as a value left away. Returns what audit_append returns.
create function audit_append_event(
    occurred_at timestamptz, category text, action text, actor text default null, actor_id text default null, actor_type text default null,
    outcome text default null, description text default null, target text default null, source_ip inet default null, user_agent text default null,
    reported_region text default null, request_id text default null, source text default null, native_id text default null,
    source_seq bigint default null, details text default null) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_variable
declare
    content bytea;
    id      bigint;
    noise   bytea;
    result  record;
begin
    if actor_type is null or outcome is null or source is null then
        actor_type := coalesce(actor_type, case when actor is null and actor_id is null then 'system' else 'user' end);
        outcome := coalesce(outcome, audit_outcome(action));
        source := coalesce(source, 'append');
    end if;
    -- Each function that a statement names costs as much as an index entry, in every transaction: so few that nothing
    -- small and usual can pass a limit, and audit_check for the rest.
    if category is not null and action is not null and pg_column_size(array[category, action, source]) <= 256
        and least(category collate "C", action, source) >= '!' and greatest(category collate "C", action, source) < '~'
        and pg_column_size(array[actor, actor_id, native_id, request_id, user_agent, reported_region, target, description, details]) <= 1024
        and outcome = any ('{success,failure,unknown}')
        and actor_type = any (case when actor is null then '{user,admin,token,system,anonymous}'::text[] else '{user,admin,token,anonymous}' end)
        and occurred_at >= '1970-01-01Z' and occurred_at < '9999-01-01Z'
        and (source_ip is null or hostmask(source_ip) = '0.0.0.0') and source_seq is null
    then
        null;
    else
        if occurred_at is null or category is null or action is null then
            raise exception '%: is missing', case when occurred_at is null then 'occurred_at' when category is null then 'category' else 'action' end
                using errcode = 'invalid_parameter_value';
        end if;
        if source_ip <<= '::ffff:0.0.0.0/96' and masklen(source_ip) = 128 then
            source_ip := substr(host(source_ip), 8); -- an IPv4 address written as IPv6 is kept as IPv4
        end if;
        perform audit_check(occurred_at, category, action, outcome, actor_type, actor_id, source, native_id, source_seq, request_id, actor, source_ip,
            user_agent, reported_region, target, description, details, null);
    end if;
    if native_id is null then -- as audit_content and audit_native_id
        content := (select sha256(s.secret || sha256(s.secret || convert_to(json_build_array(
            extract(epoch from occurred_at), category, action, actor, actor_id, actor_type, outcome, coalesce(description, ''), target, host(source_ip),
            user_agent, reported_region, request_id, source_seq, details)::text, 'UTF8'))) from log_secret s);
        native_id := encode(content, 'hex') || ':1';
    end if;
    insert into event_key (source, native_id, content, event_id) values (source, native_id, content, nextval('audit_event_id'))
    on conflict do nothing
    returning event_id into id;
    if id is not null then
        noise := sha512(uuid_send(gen_random_uuid())); -- kept nowhere
        insert into audit_event (
            id, occurred_at, category, action, outcome, actor_type, actor_id, source, native_id, source_seq, request_id, imported,
            actor, source_ip, user_agent, reported_region, target, description, details,
            actor_salt, client_salt, target_salt, description_salt, details_salt, original_salt)
        values (
            id, occurred_at, category, action, outcome, actor_type, actor_id, source, native_id, source_seq, request_id, false,
            actor, source_ip, user_agent, reported_region, target, coalesce(description, ''), details,
            substr(noise, 1, 16), substr(noise, 17, 16), substr(noise, 33, 16), substr(noise, 49),
            substr(sha256(noise), 1, 16), substr(sha256(noise), 17));
        return id;
    end if;
    -- The key is there: a duplicate or a conflict, which the batch tells apart.
    select a.event_id, a.status into result from audit_append_all(array[row(
        occurred_at, category, action, actor, actor_id, actor_type, outcome, coalesce(description, ''), target, host(source_ip), user_agent,
        reported_region, request_id, source, native_id, 1, source_seq, details, null, false)::audit_submission]) a;
    if result.status = 'conflict' then
        raise warning 'source % already has an event with native_id %, and it says something else', source, native_id
            using hint = 'What came is kept in the table conflict.';
        return null;
    end if;
    return result.event_id;
end
$$;

-- Appends one event given as an object of the fields of audit_submission; occurred_at, category and action are required, occurred_at with its offset.
-- Returns the id of the event: the new one's, or for a repeat that of the event already stored. The same source and native_id with other
-- content is a conflict: what came is kept in the table conflict, a warning says so, and null comes back.
create or replace function audit_append(event jsonb) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    field  text;
    kind   text;
    moment text := event ->> 'occurred_at';
    given  audit_submission;
begin
    -- three looks say whether anything may be wrong, the loop then what: for each event it would cost as much as the insert
    if event @> '{}' and event - array['occurred_at', 'category', 'action', 'actor', 'actor_id', 'actor_type', 'outcome', 'description', 'target',
            'source_ip', 'user_agent', 'reported_region', 'request_id', 'source', 'native_id', 'details'] = '{}'
        and not event - 'details' @? '$.* ? (@.type() != "string")'
    then
        null;
    else
        if jsonb_typeof(event) is distinct from 'object' then
            raise exception 'audit_append takes one JSON object' using errcode = 'invalid_parameter_value';
        end if;
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
    end if;
    -- the usual ways to write a time are known by their shape: the expression, compiled anew each time, would cost as much as three index entries
    if translate(moment, '123456789', '000000000') <> all (array['0000-00-00T00:00:00.000000Z', '0000-00-00T00:00:00.000Z', '0000-00-00T00:00:00Z',
        '0000-00-00T00:00:00.000000+00:00', '0000-00-00T00:00:00+00:00', '0000-00-00 00:00:00.000000+00', '0000-00-00 00:00:00+00'])
    then
        -- digits beyond the sixth are cut: PostgreSQL would round them
        moment := regexp_replace(moment, '([.]\d{6})\d+', '\1');
        if moment !~* '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)$' then
            raise exception 'occurred_at: is not a time with its offset, such as 2026-11-23T08:11:57.123456Z' using errcode = 'invalid_parameter_value';
        end if;
        event := event || jsonb_build_object('occurred_at', moment);
    end if;
    given := jsonb_populate_record(null::audit_submission, event);
    if given.source_ip like '%:%' then -- a zone id is the sender's own affair
        given.source_ip := split_part(given.source_ip, '%', 1);
    end if;
    return audit_append_event(given.occurred_at, given.category, given.action, given.actor, given.actor_id, given.actor_type, given.outcome,
        given.description, given.target, given.source_ip::inet, given.user_agent, given.reported_region, given.request_id, given.source, given.native_id,
        given.source_seq, given.details);
end
$$;

-- Drops the partition of a month that is over and appends the event that says so; returns how many rows it held. Its caller read every row back from the
-- archive and computed its leaf: `digest` says which leaves, and it has to be what this finds. Waits for the table two seconds at most, for appends
-- queue behind that wait.
create or replace function audit_retire(month date, digest bytea, by text) returns bigint
language plpgsql security definer set search_path = public, pg_temp set timezone = 'UTC' set lock_timeout = '2s' as $$
declare
    name  text := to_char(month, '"audit_event_"YYYY_MM');
    label text := to_char(month, 'YYYY-MM');
    held  bigint;
    rows_before bigint;
    found record;
begin
    if not exists (select from pg_inherits i where i.inhparent = 'audit_event'::regclass and i.inhrelid = to_regclass(name)) then
        raise exception '% has no partition', label using errcode = 'invalid_parameter_value';
    end if;
    if $1 + interval '1 month' > now() then
        raise exception '% is not over', label using errcode = 'invalid_parameter_value';
    end if;
    if (select h.held from hold h where h.month = $1 order by h.hold_no desc limit 1) then
        raise exception '% is held', label using errcode = 'invalid_parameter_value';
    end if;
    if exists (select from audit_event_default e where e.recorded_at >= $1 and e.recorded_at < $1 + interval '1 month') then
        raise exception '% has rows in the default partition', label using errcode = 'invalid_parameter_value';
    end if;

    -- What repeats of these events are told by; before the detaching, which makes appends wait.
    select count(*) into rows_before from audit_event e where e.recorded_at >= $1 and e.recorded_at < $1 + interval '1 month';
    insert into event_content (event_id, content)
    select e.id, audit_content_of(s.secret, e)
    from audit_event e join event_key k on k.source = e.source and k.native_id = e.native_id and k.event_id = e.id cross join log_secret s
    where e.recorded_at >= $1 and e.recorded_at < $1 + interval '1 month' and k.content is null
    on conflict do nothing;

    execute format('alter table audit_event detach partition %I', name);
    execute format('select count(*) from %I', name) into held;
    if held <> rows_before then
        raise exception '% got events meanwhile', label using errcode = 'object_in_use', hint = 'Try again.';
    end if;
    execute format(
        'select range_agg(int8range(s.seq, s.seq + 1)) as ranges, count(*) as rows, max(s.seq) as last,
            coalesce(string_agg(s.leaf, ''''::bytea order by s.seq), '''') as leaves
        from %I e join sealed s on s.event_id = e.id and s.recorded_at = e.recorded_at', name) into found;
    if found.rows <> held then
        raise exception '% has rows that are not sealed', label using errcode = 'invalid_parameter_value';
    end if;
    if found.rows <> (select count(*) from sealed s where s.recorded_at >= $1 and s.recorded_at < $1 + interval '1 month') then
        raise exception '% lacks events that were sealed', label using errcode = 'data_corrupted';
    end if;
    if found.last >= (select coalesce(max(c.tree_size), 0) from checkpoint c) then
        raise exception '% has rows that no signature covers', label using errcode = 'invalid_parameter_value';
    end if;
    found.ranges := coalesce(found.ranges, '{}'::int8multirange);
    if $2 <> sha256(convert_to(format(E'%s\n%s\n%s\n', label, found.ranges, found.rows), 'UTF8') || found.leaves) then
        raise exception 'what was read back from the archive is not what the record holds of %', label using errcode = 'data_corrupted';
    end if;

    execute format('drop table %I', name);
    insert into retired (month, ranges, rows, digest) values ($1, found.ranges, found.rows, $2);
    perform audit_append_own('Month Retired', format('retired:%s:%s', label, encode($2, 'hex')),
        format('%s events of %s are kept in the archive alone', found.rows, label),
        json_build_object('month', label, 'ranges', found.ranges::text, 'rows', found.rows)::text, by);
    return found.rows;
end
$$;

revoke all on function audit_append_event(timestamptz, text, text, text, text, text, text, text, text, inet, text, text, text, text, text, bigint, text),
    audit_content_of(bytea, audit_event), audit_told(audit_submission), audit_keep_content() from public;
grant execute on function audit_append_event(timestamptz, text, text, text, text, text, text, text, text, inet, text, text, text, text, text, bigint, text)
    to auditlens_writer;
