-- Gives the months that left PostgreSQL. month text (YYYY-MM), ranges text (an int8multirange of seq), rows bigint.
select to_char(month, 'YYYY-MM') as month, ranges::text as ranges, rows
from retired
order by month
