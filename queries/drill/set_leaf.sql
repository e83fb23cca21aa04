-- Replaces the leaf that was sealed for a place. Parameters: seq, leaf.
update sealed set leaf = %(leaf)s where seq = %(seq)s
