-- Gives what a reader opens with; no row when he never chose. view_no bigint and link text (null: as it comes), zone text (null: UTC).
-- Parameters: owner (bytea).
select v.view_no, v.link, c.zone
from reader_choice c
left join saved_view v on v.view_no = c.view_no and (v.shared or v.owner = c.owner)
where c.owner = %(owner)s
