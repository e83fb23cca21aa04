-- Gives the events that say of themselves that fields were erased or a month was retired, as the record holds them; of retired events the key alone.
-- native_id text, seq bigint (null: not sealed yet), is_here boolean.
select k.native_id, s.seq, e.id is not null as is_here
from event_key k
left join sealed s on s.event_id = k.event_id
left join audit_event e on e.id = k.event_id and e.source = k.source and e.native_id = k.native_id and e.category = 'Integrity'
    and e.action = case when k.native_id like 'erasure:%%' then 'Data Erased' else 'Month Retired' end
where k.source = 'auditlens' and (k.native_id like 'erasure:%%' or k.native_id like 'retired:%%')
