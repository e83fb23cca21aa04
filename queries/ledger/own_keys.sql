-- Says which of our own events there are already. native_id text. Parameters: native_ids (text[]).
select native_id from event_key where source = 'auditlens' and native_id = any(%(native_ids)s)
