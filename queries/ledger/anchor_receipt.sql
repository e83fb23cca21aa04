-- Gives a sink's newest receipt for a tree, or no row. receipt text. Parameters: sink, tree_size, root.
select receipt from anchor
where sink = %(sink)s and tree_size = %(tree_size)s and root = %(root)s and receipt is not null
order by anchor_no desc limit 1
