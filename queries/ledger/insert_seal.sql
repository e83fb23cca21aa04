-- Records what a seal covered. Parameters: seal_no, tree_size, snapshot, system_id, root.
insert into seal (seal_no, tree_size, snapshot, system_id, root)
values (%(seal_no)s, %(tree_size)s, %(snapshot)s, %(system_id)s, %(root)s)
