-- Counts what was erased on request, one row: requests bigint, groups bigint (of personal fields).
select count(*) as requests, coalesce(sum(groups), 0)::bigint as groups from erasure
