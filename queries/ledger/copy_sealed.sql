-- Takes in the places that a seal gives.
copy sealed (seq, event_id, recorded_at, leaf, region, country, geo_source, place_salt) from stdin (format csv)
