-- Gives full tiles of a level, in order. number bigint, hashes bytea. Parameters: level, start, stop.
select number, hashes from tile where level = %(level)s and number >= %(start)s and number < %(stop)s order by number
