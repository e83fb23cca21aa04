-- Gives the months that were retired. month text (YYYY-MM), ranges text (of seq), rows bigint, digest text (hexadecimal).
select to_char(month, 'YYYY-MM') as month, ranges::text as ranges, rows, encode(digest, 'hex') as digest from retired order by month
