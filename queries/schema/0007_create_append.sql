-- Makes the one way in: every append, single or by the million, passes through audit_append_all.
set local role auditlens_owner;

-- One event as its producer gives it; field by field what dashboard/events/event.py checks.
create type audit_submission as (
    occurred_at     timestamptz,
    category        text,
    action          text,
    actor           text,
    actor_id        text,
    actor_type      text,
    outcome         text,
    description     text,
    target          text,
    source_ip       text,
    user_agent      text,
    reported_region text,
    request_id      text,
    source          text,
    native_id       text,
    occurrence      integer,
    source_seq      bigint,
    details         text,
    original        bytea,
    imported        boolean
);

-- The keyed hash of what the producer said; the same for the same words, whichever way they came.
create function audit_content(secret bytea, event audit_submission) returns bytea
language sql stable as $$
    select sha256($1 || sha256($1 || convert_to(json_build_array(
        extract(epoch from event.occurred_at), event.category, event.action, event.actor, event.actor_id, event.actor_type, event.outcome,
        event.description, event.target, host(event.source_ip::inet), event.user_agent, event.reported_region, event.request_id,
        event.source_seq, event.details)::text, 'UTF8')))
$$;

-- The id of an event whose source gave it none: its content, and which of several alike in one file it is.
create function audit_native_id(content bytea, occurrence integer) returns text
language sql immutable as $$
    select encode($1, 'hex') || ':' || coalesce($2, 1)
$$;

-- Appends a batch in the transaction of its caller. A row a submission, in their order: place (from 1), the id of the event that holds its key,
-- and accepted, duplicate or conflict. Ids, times, order and salts are given here and by defaults: no caller can choose them.
create function audit_append_all(submissions audit_submission[])
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
