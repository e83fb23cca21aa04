-- Gives the largest id of an event that has a place. event_id bigint (null: none has).
select max(event_id) as event_id from sealed
