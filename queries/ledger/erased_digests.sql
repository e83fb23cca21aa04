-- Gives the digests of erased groups of some events. A row is a group: event_id bigint, grp text, digest text (hexadecimal).
-- Parameters: event_ids (bigint[]).
select event_id, grp, encode(digest, 'hex') as digest
from erased_group
where event_id = any(%(event_ids)s::bigint[])
order by event_id, grp
