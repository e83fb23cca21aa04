-- Gives what was put outside, as the receipts kept here say, of trees that end in a range of the log, in order of size.
-- anchor_no bigint, tree_size bigint, root bytea. Parameters: after, up_to (after < tree_size <= up_to).
select anchor_no, tree_size, root from anchor
where receipt is not null and tree_size > %(after)s and tree_size <= %(up_to)s
order by tree_size, anchor_no
