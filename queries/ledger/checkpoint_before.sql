-- Gives the newest head that was signed before a time, or no row. tree_size bigint, signed_at timestamptz. Parameters: before.
select tree_size, signed_at from checkpoint where signed_at < %(before)s order by checkpoint_no desc limit 1
