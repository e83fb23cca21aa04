-- Gives what stands under the ids of events, wherever it is filed. id bigint, recorded_at timestamptz. Parameters: ids.
select id, recorded_at from audit_event where id = any(%(ids)s) order by id, recorded_at
