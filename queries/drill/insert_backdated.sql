-- Slips an event in behind the last seal, under the transaction, the time and the looks of a sealed one; gives its id. Parameters: seq.
insert into audit_event (tx, recorded_at, db_role, occurred_at, category, action, outcome, actor_type, source, native_id, imported, description)
select tx, recorded_at, db_role, occurred_at, category, action, outcome, 'system', source, native_id || '-', imported, 'slipped in'
from audit_event where id = (select event_id from sealed where seq = %(seq)s)
returning id
