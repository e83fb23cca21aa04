-- Takes in the tiles that a seal completed.
copy tile (level, number, hashes) from stdin (format binary)
