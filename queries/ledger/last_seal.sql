-- Gives the newest seal, or no row. seal_no bigint, tree_size bigint, snapshot text, system_id bigint, root bytea.
select seal_no, tree_size, snapshot, system_id, root from seal order by seal_no desc limit 1
