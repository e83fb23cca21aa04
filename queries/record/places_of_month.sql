-- Gives the places of the events recorded in a month, in order. seq bigint, leaf bytea. Parameters: first, beyond (timestamptz).
select seq, leaf
from sealed
where recorded_at >= %(first)s and recorded_at < %(beyond)s
order by seq
