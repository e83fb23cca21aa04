-- Counts the record. events bigint (sealed or not), conflicts bigint.
select (select count(*) from audit_event) as events, (select count(*) from conflict) as conflicts
