-- Counts what happened to the log in five-minute pieces of a span. A row is a piece and a kind of happening.
-- piece timestamptz (its start), kind text (seal, checkpoint, copy, failed copy, verification, finding), times bigint, reach bigint (largest tree size; null where none).
-- Looks at the newest 200,000 rows of each table: a day of a seal each half second. Parameters: since.
select date_bin('5 minutes', at, timestamptz '2000-01-01 00:00:00Z') as piece, kind, count(*) as times, max(tree_size) as reach
from (
    (select sealed_at as at, 'seal' as kind, tree_size from seal order by seal_no desc limit 200000)
    union all
    (select signed_at, 'checkpoint', tree_size from checkpoint order by checkpoint_no desc limit 200000)
    union all
    (select at, case when receipt is null then 'failed copy' else 'copy' end, tree_size from anchor order by anchor_no desc limit 200000)
    union all
    (select at, case when findings > 0 then 'finding' else 'verification' end, null from verification order by verification_no desc limit 200000)
) happened
where at >= %(since)s
group by piece, kind
order by piece, kind
