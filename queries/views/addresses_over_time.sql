-- How many events come from each address in each bucket of time.
-- A row is one address in one bucket that holds at least one event of it; null is the row of no address.
-- bucket timestamptz: start of the bucket, UTC; the runner adds it to `events`
-- source_ip text: the address
-- events bigint: their number
select bucket, source_ip, count(*) as events
from events
group by bucket, source_ip
order by bucket, source_ip nulls last
