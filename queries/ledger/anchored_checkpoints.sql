-- Gives copies of signed heads that lie outside, newest first. A row is a receipt: tree_size bigint, root bytea, note text, sink text,
-- at timestamptz, receipt text (JSON). Parameters: tree_size (of the largest tree meant), most (rows).
select a.tree_size, a.root, c.note, a.sink, a.at, a.receipt
from anchor a
cross join lateral (
    select note from checkpoint where tree_size = a.tree_size and root = a.root order by checkpoint_no limit 1
) c
where a.receipt is not null and a.tree_size <= %(tree_size)s
order by a.anchor_no desc
limit %(most)s
