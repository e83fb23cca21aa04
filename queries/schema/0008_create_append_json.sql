-- Makes `select audit_append('{…}')`: the way in for applications that already talk to PostgreSQL.
set local role auditlens_owner;

-- How an action ended, by whole words of its name; the same words as dashboard/events/vocabulary.py, and a test holds them together.
create function audit_outcome(action text) returns text
language sql immutable parallel safe as $$
    select case
        when words && array['failed', 'denied', 'rejected', 'blocked', 'refused'] then 'failure'
        when lower(action) in ('logged in', 'logged out', 'triggered by timer', 'triggered manually') or words && array[
            'added', 'approved', 'assigned', 'attached', 'cancelled', 'changed', 'cloned', 'completed', 'connected', 'created',
            'deleted', 'detached', 'disabled', 'disconnected', 'downloaded', 'edited', 'enabled', 'exported', 'granted',
            'invited', 'paused', 'removed', 'renamed', 'reset', 'restored', 'resumed', 'revoked', 'rotated', 'succeeded',
            'unlocked', 'updated', 'uploaded', 'verified'] then 'success'
        else 'unknown'
    end
    from (select regexp_split_to_array(translate(lower(action), '-_.', '   '), '\s+')) as name(words)
$$;

-- Appends one event given as an object of the fields of audit_submission; occurred_at, category and action are required, occurred_at with its offset.
-- Returns the id of the event: the new one's, or for a repeat that of the event already stored. The same source and native_id with other
-- content is a conflict: what came is kept in the table conflict, a warning says so, and null comes back.
create function audit_append(event jsonb) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    field      text;
    kind       text;
    moment     text;
    submission audit_submission;
    result     record;
begin
    if jsonb_typeof(event) is distinct from 'object' then
        raise exception 'audit_append takes one JSON object' using errcode = 'invalid_parameter_value';
    end if;
    for field, kind in select e.key, jsonb_typeof(e.value) from jsonb_each(event) e loop
        if field = 'details' then
            continue;
        elsif field = 'source_seq' then
            if kind not in ('number', 'null') or event ->> field !~ '^\d{1,16}$' then
                raise exception 'source_seq: is not a whole number from 0 to 2^53 - 1' using errcode = 'invalid_parameter_value';
            end if;
        elsif field <> all (array['occurred_at', 'category', 'action', 'actor', 'actor_id', 'actor_type', 'outcome', 'description', 'target',
            'source_ip', 'user_agent', 'reported_region', 'request_id', 'source', 'native_id']) then
            raise exception '%: is not a field of an event', field using errcode = 'invalid_parameter_value', hint = 'Put it under details.';
        elsif kind not in ('string', 'null') then
            raise exception '%: is not a string', field using errcode = 'invalid_parameter_value';
        end if;
    end loop;
    foreach field in array array['occurred_at', 'category', 'action'] loop
        if event ->> field is null then
            raise exception '%: is missing', field using errcode = 'invalid_parameter_value';
        end if;
    end loop;
    -- digits beyond the sixth are cut: PostgreSQL would round them
    moment := regexp_replace(event ->> 'occurred_at', '([.]\d{6})\d+', '\1');
    if moment !~* '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)$' then
        raise exception 'occurred_at: is not a time with its offset, such as 2026-11-23T08:11:57.123456Z' using errcode = 'invalid_parameter_value';
    end if;

    submission.occurred_at := moment;
    submission.category := event ->> 'category';
    submission.action := event ->> 'action';
    submission.actor := event ->> 'actor';
    submission.actor_id := event ->> 'actor_id';
    submission.actor_type := coalesce(event ->> 'actor_type',
        case when event ->> 'actor' is null and event ->> 'actor_id' is null then 'system' else 'user' end);
    submission.outcome := coalesce(event ->> 'outcome', audit_outcome(event ->> 'action'));
    submission.description := coalesce(event ->> 'description', '');
    submission.target := event ->> 'target';
    -- an IPv4 address written as IPv6 is kept as IPv4; a zone id is the sender's own affair
    submission.source_ip := regexp_replace(split_part(event ->> 'source_ip', '%', 1), '^::ffff:(\d+[.]\d+[.]\d+[.]\d+)$', '\1', 'i');
    submission.user_agent := event ->> 'user_agent';
    submission.reported_region := event ->> 'reported_region';
    submission.request_id := event ->> 'request_id';
    submission.source := coalesce(event ->> 'source', 'append');
    submission.native_id := event ->> 'native_id';
    submission.occurrence := 1;
    submission.source_seq := (event ->> 'source_seq')::bigint;
    submission.details := case jsonb_typeof(event -> 'details') when 'null' then null when 'string' then event ->> 'details' else (event -> 'details')::text end;
    submission.imported := false;

    select a.event_id, a.status into result from audit_append_all(array[submission]) a;
    if result.status = 'conflict' then
        raise warning 'source % already has an event with native_id %, and it says something else', submission.source, submission.native_id
            using hint = 'What came is kept in the table conflict.';
        return null;
    end if;
    return result.event_id;
end
$$;
