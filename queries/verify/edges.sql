-- Gives the tree's right edge. level smallint, hashes bytea.
select level, hashes from tree_edge order by level
