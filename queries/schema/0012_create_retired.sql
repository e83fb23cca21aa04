-- Makes retention: a month whose rows were read back from the archive leaves PostgreSQL; its leaves, its places and its keys stay, and it is an event.
set local role auditlens_owner;

create table retired (
    month   date primary key check (month = date_trunc('month', month)),
    ranges  int8multirange not null, -- of seq
    rows    bigint not null,
    -- SHA-256 of '<YYYY-MM>\n<ranges>\n<rows>\n' and the leaves of these places in their order; the event of the retirement names it
    digest  bytea not null check (octet_length(digest) = 32),
    at      timestamptz not null default clock_timestamp(),
    db_role text not null default session_user
);
select audit_protect('retired');

-- Legal holds: of a month's rows the newest counts.
create table hold (
    hold_no bigint generated always as identity primary key,
    month   date not null check (month = date_trunc('month', month)),
    held    boolean not null, -- false: released
    reason  text not null check (octet_length(reason) <= 1024),
    at      timestamptz not null default clock_timestamp(),
    db_role text not null default session_user
);
create index hold_month on hold (month, hold_no);
select audit_protect('hold');

-- Holds a month back from retirement, or releases it; either is an event.
create function audit_hold(month date, held boolean, reason text, by text) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    no bigint;
begin
    insert into hold (month, held, reason) values ($1, $2, $3) returning hold_no into no;
    perform audit_append_own(case when $2 then 'Month Held' else 'Month Released' end, format('hold:%s:%s', to_char($1, 'YYYY-MM'), no),
        format('%s %s', case when $2 then 'Kept from retirement:' else 'No longer kept from retirement:' end, to_char($1, 'YYYY-MM')),
        json_build_object('month', to_char($1, 'YYYY-MM'), 'reason', $3)::text, by);
end
$$;

-- Drops the partition of a month that is over and appends the event that says so; returns how many rows it held. Its caller read every row back from the
-- archive and computed its leaf: `digest` says which leaves, and it has to be what this finds. Waits for the table two seconds at most, for appends
-- queue behind that wait.
create function audit_retire(month date, digest bytea, by text) returns bigint
language plpgsql security definer set search_path = public, pg_temp set timezone = 'UTC' set lock_timeout = '2s' as $$
declare
    name  text := to_char(month, '"audit_event_"YYYY_MM');
    label text := to_char(month, 'YYYY-MM');
    held  bigint;
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

    execute format('alter table audit_event detach partition %I', name);
    execute format('select count(*) from %I', name) into held;
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

revoke all on function audit_hold(date, boolean, text, text), audit_retire(date, bytea, text) from public;
grant execute on function audit_hold(date, boolean, text, text), audit_retire(date, bytea, text) to auditlens_redactor;
grant select on retired, hold to auditlens_reader, auditlens_sealer, auditlens_redactor;
