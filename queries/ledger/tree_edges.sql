-- Gives the right edge of the tree, level by level. hashes bytea.
select hashes from tree_edge order by level
