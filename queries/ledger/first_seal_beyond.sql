-- Gives when the event at a place of the log was sealed, or no row. sealed_at timestamptz. Parameters: seq.
select sealed_at from seal where tree_size > %(seq)s order by tree_size limit 1
