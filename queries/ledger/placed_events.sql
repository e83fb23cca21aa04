-- Gives those of some events that have a place. event_id bigint. Parameters: ids (bigint[]).
select event_id from sealed where event_id = any(%(ids)s)
