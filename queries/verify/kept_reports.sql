-- Gives the reports of verification kept since a time, newest first. report text (a signed note). Parameters: since_s (seconds ago).
select report from verification where at > clock_timestamp() - make_interval(secs => %(since_s)s) order by verification_no desc
