-- How many events come from each place in each bucket of time, and on how many accounts.
-- A row is one region of one country in one bucket that holds at least one event of it; null is no place known.
-- bucket timestamptz: start of the bucket, UTC; the runner adds it to `events`
-- region text: where the address is
-- country text: ISO 3166-1 code of its country
-- events bigint: their number
-- actors bigint: how many different named actors they have
select bucket, region, country, count(*) as events, count(distinct actor) as actors
from events
group by bucket, region, country
order by bucket, region nulls last, country nulls last
