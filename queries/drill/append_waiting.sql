-- Records an event that is not sealed yet.
select audit_append(jsonb_build_object('occurred_at', clock_timestamp()::text, 'category', 'Auth', 'action', 'Logged In', 'actor', 'somebody'))
