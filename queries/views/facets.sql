-- How many events hold each value of one field, most first.
-- A row is one value; null is the row of events without one.
-- field text: name of the filter's field; the runner adds it to `events`
-- value text: its value; the runner adds it to `events`
-- events bigint: number of events that hold it
select field, value, count(*) as events
from events
group by field, value
order by events desc, value nulls last
