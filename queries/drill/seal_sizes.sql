-- Gives the tree sizes of all seals, in order. tree_size bigint.
select tree_size from seal order by tree_size
