-- Gives the hashes of a tile: a full one, else what the right edge has of it. hashes bytea. Parameters: level, number.
select hashes from tile where level = %(level)s and number = %(number)s
union all
select hashes from tree_edge where level = %(level)s
    and not exists (select from tile where level = %(level)s and number = %(number)s)
