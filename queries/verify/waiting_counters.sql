-- Gives the counters of events that wait for their seal. source text, source_seq bigint.
-- Parameters: pending (text[] of xid8), start, stop (text of an xid8).
select source, source_seq
from audit_event
where (tx = any(%(pending)s::xid8[]) or (tx >= %(start)s::xid8 and tx < %(stop)s::xid8)) and source_seq is not null
