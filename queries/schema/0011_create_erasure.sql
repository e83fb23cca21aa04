-- Makes erasure: on request a person's fields go, each with its salt; the leaf and every proof stay, and each erasure is an event.
set local role auditlens_owner;

create table erasure (
    erasure_no bigint generated always as identity primary key,
    at         timestamptz not null default clock_timestamp(),
    tx         xid8 not null default pg_current_xact_id(), -- the guards admit the updates of this transaction only
    db_role    text not null default session_user,
    reason     text not null,
    groups     integer not null,
    -- SHA-256 of the lines '<event_id>#<grp>#<digest in hex>\n' of its groups, in byte order; the event of the erasure names it
    digest     bytea not null check (octet_length(digest) = 32)
);
create index erasure_tx on erasure (tx);
select audit_protect('erasure');

create table erased_group (
    event_id   bigint not null,
    grp        text not null check (grp in ('actor', 'client', 'description', 'details', 'original', 'place', 'target')),
    digest     bytea not null check (octet_length(digest) = 32), -- what stands under `sd` in the leaf: SHA-256 of audit_disclosure
    erasure_no bigint not null references erasure,
    primary key (event_id, grp)
);
alter table erased_group alter digest set storage plain;
create index erased_group_erasure on erased_group (erasure_no);
select audit_protect('erased_group');

-- How far an erasure came outside the record: both Delta tables, and the files of an embedded database.
create table erasure_step (
    erasure_no bigint not null references erasure,
    step       text not null check (step in ('archive', 'files')),
    at         timestamptz not null default clock_timestamp(),
    primary key (erasure_no, step)
);
select audit_protect('erasure_step');

-- A quarantined submission goes whole; its key stays.
alter table conflict
    alter submission drop not null,
    add column erasure_no bigint references erasure,
    add constraint submission_or_erasure check ((submission is null) = (erasure_no is not null));

-- The text that dashboard/events/canonical.py writes, byte for byte; a test holds them together.
create function audit_json(value text) returns text
language sql stable as $$
    select coalesce(to_json(value)::text, 'null')
$$;

create function audit_json_client(ip inet, reported_region text, user_agent text) returns text
language sql stable as $$
    select '{"ip":' || audit_json(host(ip)) || ',"reported_region":' || audit_json(reported_region) || ',"user_agent":' || audit_json(user_agent) || '}'
$$;

create function audit_json_original(original bytea) returns text
language sql stable as $$
    select coalesce('{"sha256":"' || encode(sha256(original), 'hex') || '"}', 'null')
$$;

create function audit_json_place(country text, geo_source text, region text) returns text
language sql stable as $$
    select '{"country":' || audit_json(country) || ',"geo_source":' || audit_json(geo_source) || ',"region":' || audit_json(region) || '}'
$$;

create function audit_disclosure(salt bytea, grp text, value text) returns text
language sql stable as $$
    select '["' || encode(salt, 'hex') || '","' || grp || '",' || value || ']'
$$;

-- The digest of a group; null when it has no salt: it is erased.
create function audit_digest(salt bytea, grp text, value text) returns bytea
language sql stable as $$
    select sha256(convert_to(audit_disclosure(salt, grp, value), 'UTF8'))
$$;

-- The digest of one group of an event.
create function audit_digest_of(e audit_event, grp text) returns bytea
language sql stable as $$
    select case grp
        when 'actor' then audit_digest(e.actor_salt, grp, audit_json(e.actor))
        when 'client' then audit_digest(e.client_salt, grp, audit_json_client(e.source_ip, e.reported_region, e.user_agent))
        when 'description' then audit_digest(e.description_salt, grp, audit_json(e.description))
        when 'details' then audit_digest(e.details_salt, grp, audit_json(e.details))
        when 'original' then audit_digest(e.original_salt, grp, audit_json_original(e.original))
        when 'target' then audit_digest(e.target_salt, grp, audit_json(e.target))
    end
$$;

-- Guards of the three tables that erasure reaches. The first holds for every statement, so that an update of no row is refused too.
create function audit_refuse_but_erasure() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
    if tg_op = 'UPDATE' and exists (select from erasure where tx = pg_current_xact_id_if_assigned()) then
        return null; -- row by row the next guard decides
    end if;
    raise exception '% is append-only: % is refused', tg_table_name, lower(tg_op)
        using errcode = 'insufficient_privilege',
        hint = 'An audit record is never changed. To correct an event, append another one that says so.';
end
$$;

create function audit_refuse_no_erasure(table_name text) returns void
language plpgsql as $$
begin
    raise exception '% is append-only: an update that is no erasure is refused', table_name
        using errcode = 'insufficient_privilege',
        hint = 'Only audit_erase empties a personal field: a whole group with its salt, its digest on record before.';
end
$$;

-- An event: only whole groups go, each with its salt and with this transaction's erasure on record; everything else is as it was, bit for bit.
create function audit_check_event() returns trigger
language plpgsql set search_path = public, pg_temp as $$
declare
    expected record := old;
    grps     text[] := '{}';
    digests  bytea[] := '{}';
begin
    if new.actor_salt is null and old.actor_salt is not null then
        expected.actor := null;
        expected.actor_salt := null;
        grps := grps || 'actor'::text;
        digests := digests || audit_digest(old.actor_salt, 'actor', audit_json(old.actor));
    end if;
    if new.client_salt is null and old.client_salt is not null then
        expected.source_ip := null;
        expected.user_agent := null;
        expected.reported_region := null;
        expected.client_salt := null;
        grps := grps || 'client'::text;
        digests := digests || audit_digest(old.client_salt, 'client', audit_json_client(old.source_ip, old.reported_region, old.user_agent));
    end if;
    if new.target_salt is null and old.target_salt is not null then
        expected.target := null;
        expected.target_salt := null;
        grps := grps || 'target'::text;
        digests := digests || audit_digest(old.target_salt, 'target', audit_json(old.target));
    end if;
    if new.description_salt is null and old.description_salt is not null then
        expected.description := null;
        expected.description_salt := null;
        grps := grps || 'description'::text;
        digests := digests || audit_digest(old.description_salt, 'description', audit_json(old.description));
    end if;
    if new.details_salt is null and old.details_salt is not null then
        expected.details := null;
        expected.details_salt := null;
        grps := grps || 'details'::text;
        digests := digests || audit_digest(old.details_salt, 'details', audit_json(old.details));
    end if;
    if new.original_salt is null and old.original_salt is not null then
        expected.original := null;
        expected.original_salt := null;
        grps := grps || 'original'::text;
        digests := digests || audit_digest(old.original_salt, 'original', audit_json_original(old.original));
    end if;
    if cardinality(grps) = 0 or new *<> expected or exists (
        select from unnest(grps, digests) as w(grp, digest)
        where not exists (
            select from erased_group g
            where g.event_id = old.id and g.grp = w.grp and g.digest = w.digest
                and g.erasure_no in (select e.erasure_no from erasure e where e.tx = pg_current_xact_id_if_assigned())))
    then
        perform audit_refuse_no_erasure(tg_table_name);
    end if;
    return new;
end
$$;

-- A place in the log: only the group `place` goes.
create function audit_check_place() returns trigger
language plpgsql set search_path = public, pg_temp as $$
declare
    expected record := old;
    told     bytea := audit_digest(old.place_salt, 'place', audit_json_place(old.country, old.geo_source, old.region));
begin
    expected.region := null;
    expected.country := null;
    expected.geo_source := null;
    expected.place_salt := null;
    if old.place_salt is null or new *<> expected or not exists (
        select from erased_group g
        where g.event_id = old.event_id and g.grp = 'place' and g.digest = told
            and g.erasure_no in (select e.erasure_no from erasure e where e.tx = pg_current_xact_id_if_assigned()))
    then
        perform audit_refuse_no_erasure(tg_table_name);
    end if;
    return new;
end
$$;

-- A quarantined submission: it goes whole and names its erasure.
create function audit_check_conflict() returns trigger
language plpgsql set search_path = public, pg_temp as $$
declare
    expected record := old;
begin
    expected.submission := null;
    expected.erasure_no := (select e.erasure_no from erasure e where e.tx = pg_current_xact_id_if_assigned() and e.erasure_no = new.erasure_no);
    if old.submission is null or expected.erasure_no is null or new *<> expected then
        perform audit_refuse_no_erasure(tg_table_name);
    end if;
    return new;
end
$$;

-- What audit_protect does, but for erasure: for the parent, for every partition, for conflict and sealed.
create function audit_protect_but_erasure(target regclass) returns void
language plpgsql as $$
begin
    execute format('create or replace trigger no_rewrite before update or delete on %s for each statement execute function audit_refuse_but_erasure()', target);
    execute format('alter table %s enable always trigger no_rewrite', target);
    execute format('create or replace trigger no_truncate before truncate on %s for each statement execute function audit_refuse()', target);
    execute format('alter table %s enable always trigger no_truncate', target);
    -- on partitions a copy of the parent's
    execute format('alter table %s enable always trigger only_erasure', target);
end
$$;

create trigger only_erasure before update on audit_event for each row execute function audit_check_event();
create trigger only_erasure before update on sealed for each row execute function audit_check_place();
create trigger only_erasure before update on conflict for each row execute function audit_check_conflict();

select audit_protect_but_erasure(target)
from (
    select unnest(array['audit_event', 'sealed', 'conflict']::regclass[]) as target
    union all
    select inhrelid::regclass from pg_inherits where inhparent = 'audit_event'::regclass
) guarded;

-- As in 0004, with these guards.
create or replace function audit_add_months() returns integer
language plpgsql security definer set search_path = public, pg_temp set timezone = 'UTC' set lock_timeout = '250ms' as $$
declare
    month timestamptz;
    name  text;
    made  integer := 0;
begin
    for month in select generate_series(date_trunc('month', now()), date_trunc('month', now()) + interval '12 months', interval '1 month') loop
        name := to_char(month, '"audit_event_"YYYY_MM');
        if to_regclass(name) is null then
            begin
                execute format('create table %I partition of audit_event for values from (%L) to (%L)', name, month, month + interval '1 month');
                perform audit_protect_but_erasure(name::regclass);
                made := made + 1;
            exception
                when lock_not_available then
                    return made;
                when check_violation then
                    raise warning 'the default partition has rows of %', name;
            end;
        end if;
    end loop;
    return made;
end
$$;

-- Erases groups of sealed events and quarantined submissions, and appends the event that says so; nothing in it names the person.
-- The three arrays go side by side. A digest is needed only for an event that the record no longer holds (retired): its caller takes it from the archive.
-- What is erased already is passed over; returns the number of the erasure, or null when nothing was left to erase.
create function audit_erase(event_ids bigint[], grps text[], digests bytea[], conflicts bigint[], reason text, by text)
returns bigint
language plpgsql security definer set search_path = public, pg_temp set jit = off as $$
declare
    no       bigint;
    found    record;
    dropped  integer;
    missing  bigint;
begin
    if octet_length(reason) > 1024 or octet_length(by) > 1024 then
        raise exception 'a reason and a name have at most 1 KiB' using errcode = 'invalid_parameter_value';
    end if;
    select w.event_id into missing from unnest(event_ids) w(event_id)
    where not exists (select from sealed s where s.event_id = w.event_id) limit 1;
    if missing is not null then
        raise exception 'event % is not sealed', missing using errcode = 'invalid_parameter_value',
            hint = 'An event is erased after it was sealed: seal first.';
    end if;

    with wanted as materialized (
        select w.event_id, w.grp, (array_agg(w.digest))[1] as digest from unnest(event_ids, grps, digests) w(event_id, grp, digest)
        where not exists (select from erased_group g where g.event_id = w.event_id and g.grp = w.grp)
        group by w.event_id, w.grp
    ), told as (
        select w.event_id, w.grp, case
            when w.grp = 'place' then audit_digest(s.place_salt, 'place', audit_json_place(s.country, s.geo_source, s.region))
            when e.id is null then w.digest
            else audit_digest_of(e, w.grp)
        end as digest
        from wanted w
        join sealed s on s.event_id = w.event_id
        left join audit_event e on e.id = s.event_id and e.recorded_at = s.recorded_at
    )
    select array_agg(t.event_id) as event_ids, array_agg(t.grp) as grps, array_agg(t.digest) as digests,
        count(*)::integer as groups, count(distinct t.event_id)::integer as events, min(t.event_id) filter (where t.digest is null) as saltless,
        sha256(convert_to(coalesce(string_agg(l.line, '' order by l.line collate "C"), ''), 'UTF8')) as digest
    into found
    from told t cross join lateral (select t.event_id || '#' || t.grp || '#' || encode(t.digest, 'hex') || E'\n' as line) l;

    if found.saltless is not null then
        raise exception 'event % has a group without a salt, and no erasure of it is on record', found.saltless using errcode = 'data_corrupted';
    end if;
    if found.groups = 0 and not exists (select from conflict c where c.id = any(conflicts) and c.submission is not null) then
        return null;
    end if;

    insert into erasure (reason, groups, digest) values (reason, found.groups, found.digest) returning erasure_no into no;
    insert into erased_group (event_id, grp, digest, erasure_no)
    select u.event_id, u.grp, u.digest, no from unnest(found.event_ids, found.grps, found.digests) u(event_id, grp, digest);

    update audit_event e set
        actor = case when g.actor then null else e.actor end, actor_salt = case when g.actor then null else e.actor_salt end,
        source_ip = case when g.client then null else e.source_ip end, user_agent = case when g.client then null else e.user_agent end,
        reported_region = case when g.client then null else e.reported_region end, client_salt = case when g.client then null else e.client_salt end,
        target = case when g.target then null else e.target end, target_salt = case when g.target then null else e.target_salt end,
        description = case when g.description then null else e.description end,
        description_salt = case when g.description then null else e.description_salt end,
        details = case when g.details then null else e.details end, details_salt = case when g.details then null else e.details_salt end,
        original = case when g.original then null else e.original end, original_salt = case when g.original then null else e.original_salt end
    from (
        select u.event_id, bool_or(u.grp = 'actor') as actor, bool_or(u.grp = 'client') as client, bool_or(u.grp = 'target') as target,
            bool_or(u.grp = 'description') as description, bool_or(u.grp = 'details') as details, bool_or(u.grp = 'original') as original
        from unnest(found.event_ids, found.grps) u(event_id, grp) where u.grp <> 'place' group by u.event_id
    ) g join sealed s on s.event_id = g.event_id
    where e.id = s.event_id and e.recorded_at = s.recorded_at;

    update sealed s set region = null, country = null, geo_source = null, place_salt = null
    from unnest(found.event_ids, found.grps) u(event_id, grp) where u.grp = 'place' and s.event_id = u.event_id;

    update conflict c set submission = null, erasure_no = no where c.id = any(conflicts) and c.submission is not null;
    get diagnostics dropped = row_count;

    perform audit_append_own('Data Erased', format('erasure:%s:%s', no, encode(found.digest, 'hex')),
        format('Erased %s fields of %s events, and %s quarantined submissions', found.groups, found.events, dropped),
        json_build_object('conflicts', dropped, 'erasure', no, 'events', found.events, 'groups', found.groups, 'reason', reason)::text, by);
    return no;
end
$$;

-- Appends an event about the log itself, in the transaction of its caller; raises when its key is taken.
create function audit_append_own(action text, native_id text, description text, details text, by text) returns void
language plpgsql set search_path = public, pg_temp as $$
declare
    own audit_submission;
begin
    own.occurred_at := clock_timestamp();
    own.category := 'Integrity';
    own.action := action;
    own.outcome := 'success';
    own.actor := by;
    own.actor_type := 'admin';
    own.description := description;
    own.source := 'auditlens';
    own.native_id := native_id;
    own.details := details;
    own.imported := false;
    if (select a.status from audit_append_all(array[own]) a) <> 'accepted' then
        raise exception 'an event of this name is there already: %', native_id using errcode = 'unique_violation';
    end if;
end
$$;

-- Says that a step of an erasure is done; again is nothing new.
create function audit_erasure_did(erasure_no bigint, step text) returns void
language sql security definer set search_path = public, pg_temp as $$
    insert into erasure_step (erasure_no, step) values ($1, $2) on conflict do nothing
$$;

revoke all on function audit_erase(bigint[], text[], bytea[], bigint[], text, text), audit_erasure_did(bigint, text),
    audit_append_own(text, text, text, text, text), audit_protect_but_erasure(regclass), audit_refuse_no_erasure(text) from public;
grant execute on function audit_erase(bigint[], text[], bytea[], bigint[], text, text), audit_erasure_did(bigint, text) to auditlens_redactor;
grant select on erasure, erased_group, erasure_step to auditlens_reader, auditlens_sealer, auditlens_redactor;
