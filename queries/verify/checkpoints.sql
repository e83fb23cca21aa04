-- Gives the signed heads of trees that end in a range of the log, in order of size. checkpoint_no bigint, tree_size bigint, note text.
-- Parameters: after, up_to (after < tree_size <= up_to).
select checkpoint_no, tree_size, note from checkpoint where tree_size > %(after)s and tree_size <= %(up_to)s order by tree_size, checkpoint_no
