-- Puts the rule back that an event has one place.
alter table sealed add constraint sealed_event_id_key unique (event_id)
