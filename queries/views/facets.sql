-- How many events hold each value of one field, most first.
-- A row is one value; null is the row of events without one.
-- field text: name of the filter's field; the runner adds it to `events`
-- value text: its value; the runner adds it to `events`
-- events bigint: number of events that hold it; a row of `events` may stand for several (weight, which the runner adds)
-- distinct_values bigint: how many values the field has in all, null not among them
select
    field, value, cast(sum(weight) as bigint) as events, count(value) over () as distinct_values
from events
group by field, value
order by events desc, value nulls last
