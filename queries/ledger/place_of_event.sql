-- Gives the place of an event in the log, or no row: it is not sealed. seq bigint. Parameters: event_id.
select seq from sealed where event_id = %(event_id)s
