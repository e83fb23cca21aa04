-- Moves an event to another region. Parameters: seq.
update sealed set region = 'Elsewhere' where seq = %(seq)s
