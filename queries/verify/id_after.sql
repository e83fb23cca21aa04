-- Gives the id of the event that is some events after an id, or of the last one; null when there is none. id bigint. Parameters: after, count.
select max(id) as id from (select id from audit_event where id > %(after)s order by id limit %(count)s) as next
