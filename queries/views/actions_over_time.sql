-- How many events of each category happened in each bucket of time.
-- A row is one category in one bucket that holds at least one event of it.
-- bucket timestamptz: start of the bucket, UTC; the runner adds it to `events`
-- category text: what part of the service
-- events bigint: their number; a row of `events` may stand for several (weight, which the runner adds)
select bucket, category, cast(sum(weight) as bigint) as events
from events
group by bucket, category
order by bucket, category
