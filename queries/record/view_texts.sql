-- Gives the texts of all saved views, in which a person can be named. A row is a view: view_no bigint, owner_name, name, description, link text.
select view_no, owner_name, name, description, link
from saved_view
where name is not null
order by view_no
