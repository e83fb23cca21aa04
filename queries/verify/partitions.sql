-- Gives the partitions of the record, and tables of such names that are none. name text, bounds text (null: not attached).
select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bounds
from pg_class c
left join pg_inherits i on i.inhrelid = c.oid and i.inhparent = 'audit_event'::regclass
where c.relkind in ('r', 'p', 'f') and (i.inhparent is not null or (c.relnamespace = 'public'::regnamespace and c.relname like 'audit\_event\_%%'))
order by c.relname
