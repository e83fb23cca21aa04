-- Says which log this is: one row, or none before the first migration ended. log_id text, demo boolean.
select log_id::text as log_id, demo from log
