-- Makes the keys that let an event in once only. Unpartitioned, so that a key is unique for ever; it outlives retention.
set local role auditlens_owner;

create table event_key (
    source    text not null,
    native_id text not null,
    content   bytea not null check (octet_length(content) = 32), -- keyed hash of what the producer said
    event_id  bigint not null,
    primary key (source, native_id)
);
select audit_protect('event_key');

-- The same key with other content: refused, kept here, and shown.
create table conflict (
    id         bigint generated always as identity primary key,
    at         timestamptz not null default clock_timestamp(),
    db_role    text not null default session_user,
    event_id   bigint not null, -- the event that holds the key
    source     text not null,
    native_id  text not null,
    submission jsonb not null -- what came instead
);
select audit_protect('conflict');
