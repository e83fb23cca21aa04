-- Takes the guard against TRUNCATE off the partition of the newest event.
do $$
begin
    execute format('drop trigger no_truncate on %s', (select tableoid::regclass from audit_event order by recorded_at desc limit 1));
end
$$
