-- The numbers of each bucket of time: events, failures, failed logins, and how many accounts acted.
-- A row is one bucket that holds at least one event.
-- bucket timestamptz: start of the bucket, UTC; the runner adds it to `events`
-- events bigint: their number
-- failures bigint: of them, those with the outcome failure
-- failed_logins bigint: of them, logins that failed
-- actors bigint: how many different named actors they have
select
    bucket,
    count(*) as events,
    cast(sum(case when outcome = 'failure' then 1 else 0 end) as bigint) as failures,
    cast(sum(case when category = 'Auth' and action = 'Login Failed' then 1 else 0 end) as bigint) as failed_logins,
    count(distinct actor) as actors
from events
group by bucket
order by bucket
