-- Replaces a signed head. Parameters: checkpoint_no, root, note.
update checkpoint set root = %(root)s, note = %(note)s where checkpoint_no = %(checkpoint_no)s
