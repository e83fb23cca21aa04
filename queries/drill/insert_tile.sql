-- Writes a tile. Parameters: level, number, hashes.
insert into tile (level, number, hashes) values (%(level)s, %(number)s, %(hashes)s)
