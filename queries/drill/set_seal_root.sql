-- Replaces the root that a seal stated. Parameters: size, root.
update seal set root = %(root)s where tree_size = %(size)s
