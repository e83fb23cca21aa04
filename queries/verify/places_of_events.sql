-- Gives the first and the last place of some events. first, last bigint (null: none has a place). Parameters: ids.
select min(seq) as first, max(seq) as last from sealed where event_id = any(%(ids)s)
