-- Makes what the sealer writes: the place of every event in the log, its region, its leaf; and what each seal covered.
set local role auditlens_owner;

create table seal (
    seal_no   bigint primary key,
    tree_size bigint not null unique,
    snapshot  text not null, -- the rows committed before it are sealed: the next seal takes the difference
    system_id bigint not null, -- the server it was read on: transaction ids mean nothing on another
    sealed_at timestamptz not null default clock_timestamp()
);
select audit_protect('seal');

create table sealed (
    seq         bigint primary key, -- place in the log, from 0 without gaps; the leaf index
    event_id    bigint not null unique,
    recorded_at timestamptz not null, -- the event's, for its partition
    leaf        bytea not null check (octet_length(leaf) = 32),
    -- the personal group `place`
    region      text,
    country     text,
    geo_source  text, -- database name and date, or 'reported'
    place_salt  bytea check (octet_length(place_salt) = 16)
);
alter table sealed alter leaf set storage plain, alter place_salt set storage plain;
select audit_protect('sealed');
