-- From which countries each named actor acted, how often, and when first and last.
-- A row is one country of one actor; null is the row of events without one.
-- actor text: who acted
-- country text: ISO 3166-1 code of the country of the address
-- events bigint: number of events
-- first_at timestamptz: the least claimed time of them
-- last_at timestamptz: the greatest claimed time of them
select actor, country, count(*) as events, min(occurred_at) as first_at, max(occurred_at) as last_at
from events
where actor is not null
group by actor, country
order by actor, country nulls last
