-- How many events of each source happened in each bucket of time.
-- A row is one source in one bucket that holds at least one event of it.
-- bucket timestamptz: start of the bucket, UTC; the runner adds it to `events`
-- source text: where the event came from
-- events bigint: their number; a row of `events` may stand for several (weight, which the runner adds)
select bucket, source, cast(sum(weight) as bigint) as events
from events
group by bucket, source
order by bucket, source
