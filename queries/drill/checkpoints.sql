-- Gives the signed heads. checkpoint_no bigint, tree_size bigint.
select checkpoint_no, tree_size from checkpoint order by checkpoint_no
