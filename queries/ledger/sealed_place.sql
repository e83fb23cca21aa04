-- Gives where an event stands in the log, or no row: it is not sealed. seq bigint, leaf bytea, sealed_at timestamptz,
-- signed bigint (the smallest signed tree that holds it; null: none yet). Parameters: event_id.
select
    s.seq, s.leaf,
    (select sealed_at from seal where tree_size > s.seq order by tree_size limit 1) as sealed_at,
    (select tree_size from checkpoint where tree_size > s.seq order by tree_size limit 1) as signed
from sealed s
where s.event_id = %(event_id)s
