-- Gives the views that a reader sees: his own, and all that are shared; starred ones first, then by name. A row is a view: view_no bigint, mine boolean,
-- owner_name text, shared boolean, name, description and link text (null: erased), starred boolean, changed_at timestamptz.
-- Parameters: owner (bytea; null: nobody).
select v.view_no, coalesce(v.owner = %(owner)s, false) as mine, v.owner_name, v.shared, v.name, v.description, v.link,
    s.view_no is not null as starred, v.changed_at
from saved_view v
left join view_star s on s.view_no = v.view_no and s.owner = %(owner)s
where v.shared or v.owner = %(owner)s
order by starred desc, lower(v.name), v.view_no
