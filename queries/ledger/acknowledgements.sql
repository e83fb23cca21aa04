-- Gives the sealed events that acknowledge findings. A row is an event: native_id text, event_id bigint, seq bigint, recorded_at timestamptz,
-- actor text, description text (both null once its month is retired). Parameters: native_ids (text[]).
select k.native_id, k.event_id, s.seq, s.recorded_at, e.actor, e.description
from event_key k
join sealed s on s.event_id = k.event_id
left join audit_event e on e.id = s.event_id and e.recorded_at = s.recorded_at
where k.source = 'auditlens' and k.native_id = any(%(native_ids)s) and e.imported is not true -- nobody acknowledges by a file
order by s.seq
