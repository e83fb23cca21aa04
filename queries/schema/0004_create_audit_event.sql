-- Makes the record: one row an event, partitioned by the month it was recorded in, append-only.
set local role auditlens_owner;

create sequence audit_event_id;

create table audit_event (
    id               bigint not null default nextval('audit_event_id'),
    tx               xid8 not null default pg_current_xact_id(), -- the order of sealing is made of it; never in a leaf
    leaf_v           smallint not null default 1,
    recorded_at      timestamptz not null default clock_timestamp(),
    db_role          text not null default session_user,
    occurred_at      timestamptz not null,
    category         text not null,
    action           text not null,
    outcome          text not null,
    actor_type       text not null,
    actor_id         text,
    source           text not null,
    native_id        text not null,
    source_seq       bigint,
    request_id       text,
    imported         boolean not null,
    -- personal groups: the value and a salt of its own each; a salt that is null means erased
    actor            text,
    source_ip        inet,
    user_agent       text,
    reported_region  text,
    target           text,
    description      text,
    details          text,
    original         bytea,
    actor_salt       bytea default uuid_send(gen_random_uuid()),
    client_salt      bytea default uuid_send(gen_random_uuid()),
    target_salt      bytea default uuid_send(gen_random_uuid()),
    description_salt bytea default uuid_send(gen_random_uuid()),
    details_salt     bytea default uuid_send(gen_random_uuid()),
    original_salt    bytea default uuid_send(gen_random_uuid()),
    primary key (id, recorded_at),
    constraint occurred_at_between_1970_and_9999 check (occurred_at >= '1970-01-01Z' and occurred_at < '10000-01-01Z'),
    constraint category_of_1_to_256_bytes check (octet_length(category) <= 256 and category !~ '^\s*$'),
    constraint action_of_1_to_256_bytes check (octet_length(action) <= 256 and action !~ '^\s*$'),
    constraint source_of_1_to_256_bytes check (octet_length(source) <= 256 and source !~ '^\s*$'),
    constraint outcome_known check (outcome in ('success', 'failure', 'unknown')),
    constraint actor_type_known check (actor_type in ('user', 'admin', 'token', 'system', 'anonymous')),
    constraint system_has_no_actor check (actor_type <> 'system' or actor is null),
    constraint actor_id_of_1_kib check (octet_length(actor_id) <= 1024),
    constraint native_id_of_1_kib check (octet_length(native_id) <= 1024),
    constraint request_id_of_1_kib check (octet_length(request_id) <= 1024),
    constraint source_seq_of_53_bits check (source_seq between 0 and 9007199254740991),
    constraint actor_of_1_kib check (octet_length(actor) <= 1024),
    constraint source_ip_is_one_address check (masklen(source_ip) = case family(source_ip) when 4 then 32 else 128 end),
    constraint user_agent_of_4_kib check (octet_length(user_agent) <= 4096),
    constraint reported_region_of_1_kib check (octet_length(reported_region) <= 1024),
    constraint target_of_4_kib check (octet_length(target) <= 4096),
    constraint description_of_16_kib check (octet_length(description) <= 16384),
    constraint details_of_64_kib check (octet_length(details) <= 65536),
    constraint original_of_1_mib check (octet_length(original) <= 1048576)
) partition by range (recorded_at);

create index audit_event_tx on audit_event (tx, id);
select audit_protect('audit_event');

-- Rows of a month nobody made a partition for: never lost, found by verify.
create table audit_event_default partition of audit_event default;
select audit_protect('audit_event_default');

-- Makes the partitions of this month and the twelve after it; the sealer calls it often, so there is always a year ahead and time to try again.
-- A new partition needs the table alone, and every append would queue behind that wait: so it is short. A month whose rows went to the default
-- partition is passed over: they stay there.
create function audit_add_months() returns integer
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
                perform audit_protect(name::regclass);
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
select audit_add_months();
