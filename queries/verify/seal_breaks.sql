-- Gives the seals that do not follow the one before them: a number is left out, the tree does not grow, or time goes back.
-- seal_no bigint, tree_size bigint, before_no bigint, before_size bigint, earlier boolean. Parameters: slack_s.
select seal_no, tree_size, before_no, before_size, earlier
from (
    select seal_no, tree_size,
        coalesce(lag(seal_no) over follows, 0) as before_no,
        coalesce(lag(tree_size) over follows, 0) as before_size,
        coalesce(sealed_at < lag(sealed_at) over follows - make_interval(secs => %(slack_s)s), false) as earlier
    from seal window follows as (order by seal_no)
) as pair
where seal_no <> before_no + 1 or tree_size <= before_size or earlier
order by seal_no
limit 100
