-- Makes what the sealer writes: the place of every event in the log, its region, its leaf; and what each seal covered.
set local role auditlens_owner;

create table seal (
    seal_no   bigint primary key,
    tree_size bigint not null unique,
    snapshot  text not null, -- the rows committed before it are sealed: the next seal takes the difference
    system_id bigint not null, -- the server it was read on: transaction ids mean nothing on another
    root      bytea not null check (octet_length(root) = 32), -- root hash of the tree of tree_size leaves
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

-- The Merkle tree over the leaves: full tiles, which never change ...
create table tile (
    level  smallint not null, -- 0: leaves; a hash of level n + 1 covers a tile of level n
    number bigint not null,
    hashes bytea not null check (octet_length(hashes) = 8192), -- 256 hashes, in order
    primary key (level, number)
);
alter table tile alter hashes set storage external; -- hashes don't compress
select audit_protect('tile');

-- ... and the right edge, replaced by each seal: on each level the hashes that fill no tile yet.
create table tree_edge (
    level  smallint primary key,
    hashes bytea not null check (octet_length(hashes) % 32 = 0 and octet_length(hashes) < 8192)
);
