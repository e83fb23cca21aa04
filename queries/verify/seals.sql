-- Gives the seals whose trees end in a range of the log, in order of size. seal_no bigint, tree_size bigint, root bytea.
-- Parameters: after, up_to (after < tree_size <= up_to).
select seal_no, tree_size, root from seal where tree_size > %(after)s and tree_size <= %(up_to)s order by tree_size, seal_no
