-- Writes a level of the right edge. Parameters: level, hashes.
insert into tree_edge (level, hashes) values (%(level)s, %(hashes)s)
