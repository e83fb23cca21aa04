-- Gives all leaves in order. leaf bytea.
select leaf from sealed order by seq
