-- Lets the newest seal state a smaller tree. Parameters: size, root.
update seal set tree_size = %(size)s, root = %(root)s where seal_no = (select max(seal_no) from seal)
