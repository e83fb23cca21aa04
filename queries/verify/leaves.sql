-- Gives the leaves that stand beside the places of a range of the log, in order. seq bigint, leaf bytea. Parameters: start, stop.
select seq, leaf from sealed where seq >= %(start)s and seq < %(stop)s order by seq
