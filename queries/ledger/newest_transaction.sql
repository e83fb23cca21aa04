-- Gives the largest transaction id in the record. tx bigint (null: it is empty).
select tx::text::bigint as tx from audit_event order by tx desc, id desc limit 1
