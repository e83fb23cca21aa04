-- How many events each actor has in each bucket of time.
-- A row is one actor in one bucket that holds at least one event of it; null is the row of nobody named.
-- bucket timestamptz: start of the bucket, UTC; the runner adds it to `events`
-- actor text: who acted
-- events bigint: their number
-- as_admin bigint: of them, those done as an administrator
select
    bucket, actor, count(*) as events, cast(sum(case when actor_type = 'admin' then 1 else 0 end) as bigint) as as_admin
from events
group by bucket, actor
order by bucket, actor nulls last
