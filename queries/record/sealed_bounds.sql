-- Gives the span of ids and recording times of a range of the log, so that only its partitions are read.
-- first_id, last_id bigint, first_at, last_at timestamptz (null: the range is empty). Parameters: start, stop.
select min(event_id) as first_id, max(event_id) as last_id, min(recorded_at) as first_at, max(recorded_at) as last_at
from sealed where seq >= %(start)s and seq < %(stop)s
