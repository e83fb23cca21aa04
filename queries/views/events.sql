-- Whole events: for one event's details and for exports; sort and slice come from the caller.
-- A row is one event.
-- seq bigint: place in the log, from 0; the leaf index
-- id bigint: id of the event; a decimal string in JSON
-- occurred_at timestamptz: when it happened, as the source claims
-- recorded_at timestamptz: when we recorded it
-- actor text: who acted; null for the system, for somebody unknown, and when erased
-- actor_id text: opaque id of the actor
-- actor_type text: user, admin, token, system or anonymous
-- category text: what part of the service
-- action text: what was done
-- outcome text: success, failure or unknown
-- description text: what was done, in words of the source; null only when erased
-- target text: what it was done to
-- source_ip text: the address it came from
-- region text: where that address is, decided once, when sealed
-- country text: ISO 3166-1 code of the address's country, decided when sealed
-- geo_source text: who says so: database name and date, or 'reported' by the source
-- user_agent text: the client program, as it names itself
-- reported_region text: the place as the source reported it
-- source text: where the event came from
-- native_id text: its id there
-- source_seq bigint: the producer's own counter
-- request_id text: the request it belongs to
-- details text: JSON text, exactly as stored
-- db_role text: the database login that appended it
-- imported boolean: came by an import, after the fact
-- clock text: ahead or behind: the claimed time contradicts recorded_at; else null
-- erased text: groups erased on request, comma-separated; else null
select
    seq, id, occurred_at, recorded_at, actor, actor_id, actor_type, category, action, outcome, description,
    target, source_ip, region, country, geo_source, user_agent, reported_region, source, native_id,
    source_seq, request_id, details, db_role, imported, clock, erased
from events
