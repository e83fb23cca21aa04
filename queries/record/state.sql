-- Gives the newest state that can be looked at. tree_size bigint, erasures bigint: grows with each erasure and each of its steps, so an answer
-- that was kept from before it is known by a smaller number.
select
    coalesce((select tree_size from seal order by seal_no desc limit 1), 0) as tree_size,
    (select count(*) from erasure) + (select count(*) from erasure_step) as erasures
