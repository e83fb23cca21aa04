-- Takes the rule away that an event has one place, so that two can be exchanged in one statement.
alter table sealed drop constraint sealed_event_id_key
