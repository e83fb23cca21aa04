-- Who the events are by, most first, and when each did it last.
-- A row is one actor of one type; null is the row of the system, of somebody unknown, or of those erased.
-- actor text: who acted
-- actor_type text: user, admin, token, system or anonymous
-- erased text: of a row without an actor, the groups erased on request
-- events bigint: number of events
-- newest timestamptz: when the last of them happened, as its source claims
select actor, actor_type, erased, count(*) as events, max(occurred_at) as newest
from (
    select actor, actor_type, occurred_at, case when actor is null then erased end as erased
    from events
) as named
group by actor, actor_type, erased
order by events desc, newest desc, actor nulls last, actor_type, erased nulls last
