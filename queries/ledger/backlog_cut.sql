-- Gives the transactions of the first unsealed event and of the one `limit` events after it, to cut a large backlog between transactions.
-- first bigint, beyond bigint (null: the backlog is shorter). Parameters: start, stop (text of an xid8), limit.
select
    (select tx::text::bigint from audit_event where tx >= %(start)s::xid8 and tx < %(stop)s::xid8 order by tx, id limit 1) as first,
    (select tx::text::bigint from audit_event where tx >= %(start)s::xid8 and tx < %(stop)s::xid8 order by tx, id offset %(limit)s limit 1) as beyond
