-- Counts the full tiles of each level. level smallint, tiles bigint, last bigint (number of the last).
select level, count(*) as tiles, max(number) as last from tile group by level order by level
