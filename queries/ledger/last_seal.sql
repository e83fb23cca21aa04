-- Gives the newest seal, or no row. seal_no bigint, tree_size bigint, snapshot text, system_id bigint.
select seal_no, tree_size, snapshot, system_id from seal order by seal_no desc limit 1
