-- Gives the newest signed head, or no row. tree_size bigint, root bytea, note text, signed_at timestamptz.
select tree_size, root, note, signed_at from checkpoint order by checkpoint_no desc limit 1
