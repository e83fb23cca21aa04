-- Keeps one try to put a checkpoint into a sink: its receipt, or why it failed. Parameters: sink, tree_size, root, receipt, error.
insert into anchor (sink, tree_size, root, receipt, error) values (%(sink)s, %(tree_size)s, %(root)s, %(receipt)s, %(error)s)
