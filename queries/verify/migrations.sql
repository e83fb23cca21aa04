-- Gives the migrations that were applied. name text, sha256 text.
select name, sha256 from schema_migration order by name
