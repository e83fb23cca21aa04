-- When the first and the last event happened, as their sources claim.
-- A row is the one answer; both are null when there is no event.
-- oldest timestamptz: the least claimed time
-- newest timestamptz: the greatest claimed time
select min(occurred_at) as oldest, max(occurred_at) as newest
from events
