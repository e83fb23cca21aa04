-- Says whether this session holds an advisory lock. mine boolean. Parameters: lock.
select exists (
    select from pg_locks
    where locktype = 'advisory' and pid = pg_backend_pid() and granted and database = (select oid from pg_database where datname = current_database())
        and classid::bigint = (%(lock)s::bigint >> 32) and objid::bigint = (%(lock)s::bigint & 4294967295) and objsubid = 1
) as mine
