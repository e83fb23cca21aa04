-- Makes what readers keep of their own: views of the log, stars, what they open with. It is no part of the record: it changes, and an erasure empties it.
set local role auditlens_owner;

create table saved_view (
    view_no     bigint generated always as identity primary key,
    owner       bytea not null check (octet_length(owner) = 32), -- SHA-256 of the account, or of the secret of a browser without a login
    owner_name  text check (octet_length(owner_name) <= 1024), -- as signed in
    shared      boolean not null, -- seen and changed by every reader; each change is an event
    name        text check (octet_length(name) between 1 and 256),
    description text check (octet_length(description) <= 2048),
    link        text check (octet_length(link) <= 8192), -- the query of the log's page
    change      integer not null default 1, -- counts them
    changed_at  timestamptz not null default clock_timestamp(),
    constraint view_or_erased check ((name is null) = (link is null) and (name is null) = (description is null))
);
create index saved_view_owner on saved_view (owner);
create index saved_view_shared on saved_view (shared) where shared;

create table view_star (
    owner   bytea not null,
    view_no bigint not null references saved_view on delete cascade,
    primary key (owner, view_no)
);
create index view_star_view on view_star (view_no);

-- What a reader opens with; a row without a choice is none.
create table reader_choice (
    owner   bytea primary key check (octet_length(owner) = 32),
    view_no bigint references saved_view on delete set null, -- the log's page opens with it
    zone    text check (zone in ('utc', 'own', 'organisation')) -- whose zone times are written in
);
create index reader_choice_view on reader_choice (view_no);

-- Appends the event of an act on a shared view, in the transaction of its caller.
create function audit_append_view(action text, view saved_view, by text) returns void
language plpgsql set search_path = public, pg_temp as $$
declare
    own audit_submission;
begin
    own.occurred_at := clock_timestamp();
    own.category := 'Views';
    own.action := action;
    own.outcome := 'success';
    own.actor := by;
    own.actor_type := case when by is null then 'anonymous' else 'user' end;
    own.target := view.name;
    own.description := format('%s: “%s”', action, coalesce(view.name, '(erased)'));
    own.source := 'auditlens';
    own.native_id := format('view:%s:%s', view.view_no, view.change);
    own.details := json_build_object('description', view.description, 'link', view.link, 'view', view.view_no)::text;
    own.imported := false;
    if (select a.status from audit_append_all(array[own]) a) <> 'accepted' then
        raise exception 'an event of this name is there already: %', own.native_id using errcode = 'unique_violation';
    end if;
end
$$;

-- Keeps a view, anew without a number; gives its number. A shared one may be changed by everyone, but made private by whoever shared it only.
create function audit_keep_view(view_no bigint, owner bytea, by text, shared boolean, name text, description text, link text) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    before saved_view;
    kept   saved_view;
begin
    if $1 is null then
        if (select count(*) from saved_view v where v.owner = $2) >= 500 then
            raise exception 'a reader keeps 500 views at most' using errcode = 'invalid_parameter_value', hint = 'Delete some.';
        end if;
        insert into saved_view (owner, owner_name, shared, name, description, link) values ($2, $3, $4, $5, $6, $7) returning * into kept;
    else
        select v.* into before from saved_view v where v.view_no = $1 and (v.owner = $2 or (v.shared and $4)) for update;
        if before.view_no is null then
            raise exception 'there is no such view of yours' using errcode = 'invalid_parameter_value', hint = 'Somebody may have deleted it: save it anew.';
        end if;
        update saved_view v set shared = $4, name = $5, description = $6, link = $7, change = v.change + 1, changed_at = clock_timestamp()
        where v.view_no = $1 returning * into kept;
    end if;
    if kept.shared then
        perform audit_append_view(case when coalesce(before.shared, false) then 'View Changed' else 'View Shared' end, kept, $3);
    elsif before.shared then
        before.change := kept.change; -- what it says from now on is private
        perform audit_append_view('View Unshared', before, $3);
    end if;
    return kept.view_no;
end
$$;

-- Deletes a view: one's own, or a shared one.
create function audit_delete_view(view_no bigint, owner bytea, by text) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    gone saved_view;
begin
    delete from saved_view v where v.view_no = $1 and (v.owner = $2 or v.shared) returning * into gone;
    if gone.shared then
        gone.change := gone.change + 1;
        perform audit_append_view('View Deleted', gone, $3);
    end if;
end
$$;

-- Stars a view for a reader, or takes the star away.
create function audit_star_view(view_no bigint, owner bytea, starred boolean) returns void
language sql security definer set search_path = public, pg_temp as $$
    delete from view_star s where not $3 and s.view_no = $1 and s.owner = $2;
    insert into view_star (view_no, owner) select v.view_no, $2 from saved_view v where $3 and v.view_no = $1 and (v.owner = $2 or v.shared)
    on conflict do nothing
$$;

-- Keeps what a reader opens the log's page with; null: as it comes.
create function audit_choose_view(owner bytea, view_no bigint) returns void
language sql security definer set search_path = public, pg_temp as $$
    insert into reader_choice (owner, view_no)
    values ($1, (select v.view_no from saved_view v where v.view_no = $2 and (v.owner = $1 or v.shared)))
    on conflict on constraint reader_choice_pkey do update set view_no = excluded.view_no
$$;

-- Keeps whose zone a reader sees times in.
create function audit_choose_zone(owner bytea, zone text) returns void
language sql security definer set search_path = public, pg_temp as $$
    insert into reader_choice (owner, zone) values ($1, $2) on conflict on constraint reader_choice_pkey do update set zone = excluded.zone
$$;

-- Empties views that name an erased person, in the transaction of the erasure; without one (nothing else was left) it is one of its own, with its event.
-- Returns the erasure's number; null when all of them were empty.
create function audit_erase_views(no bigint, view_nos bigint[], reason text, by text) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    emptied integer;
    number  bigint := $1;
    told    bytea := sha256(''::bytea);
begin
    update saved_view v set name = null, description = null, link = null, owner_name = null, change = v.change + 1, changed_at = clock_timestamp()
    where v.view_no = any($2) and v.name is not null;
    get diagnostics emptied = row_count;
    if emptied = 0 then
        return number;
    end if;
    if number is null then
        insert into erasure (reason, groups, digest) values ($3, 0, told) returning erasure_no into number;
        perform audit_append_own('Data Erased', format('erasure:%s:%s', number, encode(told, 'hex')),
            'Erased 0 fields of 0 events, and 0 quarantined submissions',
            json_build_object('conflicts', 0, 'erasure', number, 'events', 0, 'groups', 0, 'reason', $3)::text, $4);
    end if;
    perform audit_append_own('Saved Views Erased', format('views:%s', number), format('Emptied %s saved views', emptied),
        json_build_object('erasure', number, 'views', emptied)::text, $4);
    return number;
end
$$;

revoke all on function audit_append_view(text, saved_view, text), audit_keep_view(bigint, bytea, text, boolean, text, text, text),
    audit_delete_view(bigint, bytea, text), audit_star_view(bigint, bytea, boolean), audit_choose_view(bytea, bigint), audit_choose_zone(bytea, text),
    audit_erase_views(bigint, bigint[], text, text) from public;
grant execute on function audit_keep_view(bigint, bytea, text, boolean, text, text, text), audit_delete_view(bigint, bytea, text),
    audit_star_view(bigint, bytea, boolean), audit_choose_view(bytea, bigint), audit_choose_zone(bytea, text) to auditlens_writer;
grant execute on function audit_erase_views(bigint, bigint[], text, text) to auditlens_redactor;
grant select on saved_view, view_star, reader_choice to auditlens_reader;
