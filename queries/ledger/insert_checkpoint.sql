-- Keeps a signed head. Parameters: tree_size, root, note.
insert into checkpoint (tree_size, root, note) values (%(tree_size)s, %(root)s, %(note)s)
