-- The collation whose lower case is Unicode's: PostgreSQL's own from version 17 on, else ICU's if the server was built with it.
-- A row is its name; no row where the server has neither and the database's own has to do.
select collname as name
from pg_collation
where collname in ('pg_c_utf8', 'und-x-icu') and collencoding in (-1, pg_char_to_encoding(getdatabaseencoding()))
order by collname = 'und-x-icu'
limit 1
