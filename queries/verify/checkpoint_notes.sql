-- Gives signed heads by number, in order. checkpoint_no bigint, tree_size bigint, root bytea, note text. Parameters: start, stop.
select checkpoint_no, tree_size, root, note from checkpoint where checkpoint_no >= %(start)s and checkpoint_no < %(stop)s order by checkpoint_no
