-- Counts what keeps rows alive that were changed by a transaction: sessions that look at a state before it, prepared transactions, replication slots.
-- sessions bigint. Parameters: xid (text).
select
    (select count(*) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()
            and backend_xmin is not null and age(backend_xmin) >= age(%(xid)s::xid))
    + (select count(*) from pg_prepared_xacts where database = current_database() and age(transaction) >= age(%(xid)s::xid))
    + (select count(*) from pg_replication_slots where age(coalesce(xmin, catalog_xmin)) >= age(%(xid)s::xid)) as sessions
