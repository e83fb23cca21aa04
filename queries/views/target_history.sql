-- The events of a target with what one of them can change against the one before; sort and slice come from the caller.
-- A row is one event.
-- seq bigint: place in the log, from 0
-- id bigint: id of the event
-- occurred_at timestamptz: when it happened, as the source claims
-- actor text: who acted; null for the system, for somebody unknown, and when erased
-- actor_type text: user, admin, token, system or anonymous
-- category text: what part of the service
-- action text: what was done
-- outcome text: success, failure or unknown
-- description text: what was done, in words of the source; null when erased
-- source_ip text: the address it came from
-- region text: where that address is
-- user_agent text: the client program, as it names itself
-- source text: where the event came from
-- details text: JSON text, exactly as stored
-- erased text: groups erased on request
select
    seq, id, occurred_at, actor, actor_type, category, action, outcome, description, source_ip, region, user_agent,
    source, details, erased
from events
