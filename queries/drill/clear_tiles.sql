-- Removes the tree: its full tiles and its right edge.
with gone as (delete from tile) delete from tree_edge
