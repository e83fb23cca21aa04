-- Makes the log's identity (one row, made with the log) and the secret that keys the hashes of its contents.
set local role auditlens_owner;

create table log (
    one        boolean primary key default true check (one),
    log_id     uuid not null default gen_random_uuid(),
    demo       boolean not null,
    created_at timestamptz not null default clock_timestamp()
);
select audit_protect('log');

-- A content hash outlives the erasure of what it was made of, so it is keyed: without this secret it can't be tried out.
create table log_secret (
    one    boolean primary key default true check (one),
    secret bytea not null default sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
);
select audit_protect('log_secret');
