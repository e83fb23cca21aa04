-- Gives what every erased group adds to its leaf. A row is a group: event_id bigint, grp text, digest text (hexadecimal).
select event_id, grp, encode(digest, 'hex') as digest
from erased_group
order by event_id, grp
