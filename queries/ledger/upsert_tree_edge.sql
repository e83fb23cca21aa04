-- Replaces one level of the right edge. Parameters: level, hashes.
insert into tree_edge (level, hashes) values (%(level)s, %(hashes)s) on conflict (level) do update set hashes = excluded.hashes
