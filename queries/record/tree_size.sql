-- Gives the number of sealed events: the newest state that can be looked at. tree_size bigint.
select coalesce((select tree_size from seal order by seal_no desc limit 1), 0) as tree_size
