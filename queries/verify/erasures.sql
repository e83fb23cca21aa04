-- Gives the groups of each erasure, erasure by erasure; one row with nulls for an erasure without groups, and for groups without an erasure.
-- erasure_no bigint, event_id bigint, grp text, digest text (hexadecimal), is_recorded boolean.
select coalesce(e.erasure_no, g.erasure_no) as erasure_no, g.event_id, g.grp, encode(g.digest, 'hex') as digest, e.erasure_no is not null as is_recorded
from erasure e full join erased_group g on g.erasure_no = e.erasure_no
order by 1, 2, 3
