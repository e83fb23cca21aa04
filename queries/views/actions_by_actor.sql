-- What each actor did, how often, to how many things, and when first and last.
-- A row is one action of one actor, most frequent first; null is nobody named.
-- actor text: who acted
-- action text: what was done
-- events bigint: how often
-- targets bigint: to how many different things
-- first_at timestamptz: the least claimed time of them
-- last_at timestamptz: the greatest claimed time of them
select
    actor, action, count(*) as events, count(distinct target) as targets,
    min(occurred_at) as first_at, max(occurred_at) as last_at
from events
group by actor, action
order by events desc, actor nulls last, action
