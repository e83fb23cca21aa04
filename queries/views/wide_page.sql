-- The events of one page of the log with what else can be asked for often; sort and slice come from the caller.
-- A row is one event.
-- seq bigint: place in the log, from 0
-- id bigint: id of the event
-- actor text: who acted; null for the system, for somebody unknown, and when erased
-- category text: what part of the service
-- action text: what was done
-- description text: what was done, in words of the source; null when erased
-- source_ip text: the address it came from
-- region text: where that address is
-- occurred_at timestamptz: when it happened, as the source claims
-- recorded_at timestamptz: when it was recorded
-- outcome text: success, failure or unknown
-- actor_type text: user, admin, token, system or anonymous
-- clock text: ahead or behind, when the claimed time contradicts recorded_at
-- erased text: groups erased on request
-- target text: what it was done to
-- country text: ISO 3166-1 code of the address's country
-- source text: where the event came from
select
    seq, id, actor, category, action, description, source_ip, region,
    occurred_at, recorded_at, outcome, actor_type, clock, erased, target, country, source
from events
