-- Gives when the places of a range of the log were sealed: the seals that gave them, each with the time of the one before it (of the first: when
-- the log was made). tree_size bigint, sealed_at timestamptz, before timestamptz. Parameters: start, stop.
select
    s.tree_size, s.sealed_at,
    coalesce((select p.sealed_at from seal p where p.tree_size < s.tree_size order by p.tree_size desc limit 1), (select created_at from log)) as before
from seal s
where s.tree_size > %(start)s
    and s.tree_size <= coalesce((select min(n.tree_size) from seal n where n.tree_size >= %(stop)s), %(stop)s)
order by s.tree_size
