-- Gives the newest seal, or no row. seal_no bigint, tree_size bigint, root bytea, sealed_at timestamptz.
select seal_no, tree_size, root, sealed_at from seal order by seal_no desc limit 1
