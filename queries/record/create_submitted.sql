-- Makes the session's own table that a batch is copied into; it empties itself at each commit.
create temporary table if not exists submitted of audit_submission on commit delete rows
