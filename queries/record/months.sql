-- Gives the months that the record holds rows of. A row is a month: month text (YYYY-MM), rows bigint, in_default bigint (rows that lie in the
-- default partition), held text (why it may not be retired; null: it may).
with counted as (
    select date_trunc('month', recorded_at)::date as month, count(*) as rows,
        count(*) filter (where tableoid = 'audit_event_default'::regclass) as in_default
    from audit_event
    where recorded_at < %(before)s
    group by 1
)
select to_char(c.month, 'YYYY-MM') as month, c.rows, c.in_default, case when h.held then h.reason end as held
from counted c
left join lateral (select held, reason from hold where hold.month = c.month order by hold_no desc limit 1) h on true
order by c.month
