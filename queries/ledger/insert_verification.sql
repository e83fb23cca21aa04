-- Keeps what a pass of verification found. Parameters: findings (how many), report (a signed note).
insert into verification (findings, report) values (%(findings)s, %(report)s)
