-- Lets two sealed events change places. Parameters: seq, other.
update sealed s set event_id = o.event_id, recorded_at = o.recorded_at
from sealed o
where (s.seq = %(seq)s and o.seq = %(other)s) or (s.seq = %(other)s and o.seq = %(seq)s)
