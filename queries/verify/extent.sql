-- Says how far each table reaches, one row; zeros where it is empty. places_end bigint (the last seq + 1), first_checkpoint, last_checkpoint bigint
-- (numbers), checkpoint_size, receipt_size bigint (largest tree).
select
    coalesce((select max(seq) + 1 from sealed), 0) as places_end,
    coalesce((select min(checkpoint_no) from checkpoint), 0) as first_checkpoint,
    coalesce((select max(checkpoint_no) from checkpoint), 0) as last_checkpoint,
    coalesce((select max(tree_size) from checkpoint), 0) as checkpoint_size,
    coalesce((select max(tree_size) from anchor where receipt is not null), 0) as receipt_size
