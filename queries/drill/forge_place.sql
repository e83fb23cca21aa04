-- Gives a made-up event a place behind the last, as if it had been sealed.
insert into sealed (seq, event_id, recorded_at, leaf, place_salt)
select seq + 1, event_id + 1000000, recorded_at, sha256('made up'), place_salt from sealed order by seq desc limit 1
