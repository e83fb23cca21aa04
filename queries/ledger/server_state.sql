-- Says where a seal would stand: system_id bigint, snapshot text, standby boolean.
select
    (select system_identifier from pg_control_system()) as system_id,
    pg_current_snapshot()::text as snapshot,
    pg_is_in_recovery() as standby
