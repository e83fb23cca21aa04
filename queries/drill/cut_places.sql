-- Removes the places from one on. Parameters: seq.
delete from sealed where seq >= %(seq)s
