-- Gives how a sink stands, one row: its newest receipt, its newest try, how many tries failed since that receipt (1,000 at most). received_size bigint, received_root bytea, received_at timestamptz, receipt text, tried_at timestamptz, error text, failures bigint; null where there is none. Parameters: sink.
with received as (
    select anchor_no, tree_size, root, at, receipt from anchor
    where sink = %(sink)s and receipt is not null order by anchor_no desc limit 1
),
tried as (
    select at, error from anchor where sink = %(sink)s order by anchor_no desc limit 1
),
failed as (
    select from anchor
    where sink = %(sink)s and anchor_no > coalesce((select anchor_no from received), 0) limit 1000
)
select received.tree_size as received_size, received.root as received_root, received.at as received_at, received.receipt,
    tried.at as tried_at, tried.error, (select count(*) from failed) as failures
from (values (1)) as one (row) left join received on true left join tried on true
