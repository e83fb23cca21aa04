-- Appends the batch: a row a submission, in their order. place integer (from 1), event_id bigint, status text (accepted, duplicate, conflict).
select place, event_id, status
from audit_append_all((select array_agg(row(s.*)::audit_submission order by s.ctid) from pg_temp.submitted s))
order by place
