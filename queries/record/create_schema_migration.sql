-- Makes the list of applied migrations unless it is there.
create table if not exists schema_migration (
    name       text primary key,
    sha256     text not null,
    applied_at timestamptz not null default clock_timestamp()
)
