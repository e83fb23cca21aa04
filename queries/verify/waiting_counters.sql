-- Gives the counters of events that wait for their seal, as ledger/waiting finds them. source text, source_seq bigint.
-- Parameters: pending (text[] of xid8), start, stop (text of an xid8).
with candidate as materialized (
    select id, source, source_seq
    from audit_event
    where (tx = any(%(pending)s::xid8[]) or (tx >= %(start)s::xid8 and tx < %(stop)s::xid8)) and source_seq is not null
)
select source, source_seq
from candidate
where not exists (select from sealed s where s.event_id = candidate.id offset 0)
