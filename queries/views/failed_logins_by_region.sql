-- How many logins failed from each region, most first.
-- A row is one region; null is the row of addresses without one.
-- region text: where the address is
-- events bigint: number of failed logins
select region, count(*) as events
from events
where category = 'Auth' and action = 'Login Failed'
group by region
order by events desc, region nulls last
