-- Gives the ids of events of which only the key is left: neither the event nor a place is there. event_id bigint.
select k.event_id
from event_key k
where not exists (select from audit_event e where e.id = k.event_id) and not exists (select from sealed s where s.event_id = k.event_id)
order by k.event_id
limit 1001
