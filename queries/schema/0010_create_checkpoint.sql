-- Makes what shows the log to others: signed heads of the tree, their copies outside this database, and what verification found.
set local role auditlens_owner;

-- A head that the sealer signed: a C2SP checkpoint. Not every seal has one: a signature covers all seals before it.
create table checkpoint (
    checkpoint_no bigint generated always as identity primary key,
    tree_size     bigint not null,
    root          bytea not null check (octet_length(root) = 32),
    note          text not null,
    signed_at     timestamptz not null default clock_timestamp()
);
create index checkpoint_tree_size on checkpoint (tree_size);
select audit_protect('checkpoint');

-- One try to put a checkpoint where nobody here can change it: a receipt, or the reason why there is none.
create table anchor (
    anchor_no bigint generated always as identity primary key,
    at        timestamptz not null default clock_timestamp(),
    sink      text not null, -- its name, without passwords
    tree_size bigint not null,
    root      bytea not null check (octet_length(root) = 32),
    receipt   text, -- JSON: what the sink gave back; null: it failed
    error     text, -- why it failed
    constraint receipt_or_error check ((receipt is null) <> (error is null))
);
create index anchor_of_sink on anchor (sink, anchor_no);
select audit_protect('anchor');

-- One pass of verification: what was covered and what was found.
create table verification (
    verification_no bigint generated always as identity primary key,
    at              timestamptz not null default clock_timestamp(),
    findings        integer not null,
    report          text not null -- a note signed by the sealer: its text is the report as JSON (dashboard/ledger/report.py)
);
create index verification_with_findings on verification (verification_no) where findings > 0;
select audit_protect('verification');

grant select on checkpoint, anchor, verification to auditlens_reader, auditlens_sealer;
grant insert (tree_size, root, note) on checkpoint to auditlens_sealer;
grant insert (sink, tree_size, root, receipt, error) on anchor to auditlens_sealer;
grant insert (findings, report) on verification to auditlens_sealer;
grant select (source, native_id, event_id) on event_key to auditlens_reader, auditlens_sealer, auditlens_redactor;
