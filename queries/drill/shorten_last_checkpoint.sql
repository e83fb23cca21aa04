-- Lets the newest signed head state a smaller tree. Parameters: size, root, note.
update checkpoint set tree_size = %(size)s, root = %(root)s, note = %(note)s where checkpoint_no = (select max(checkpoint_no) from checkpoint)
