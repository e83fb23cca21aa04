-- Gives each different set of findings that a report of verification ever held: the first report with it. A row is a report.
-- verification_no bigint, at timestamptz, report text, last_at timestamptz (when it was kept last). Parameters: before.
select verification_no, at, report, last_at
from (
    select
        verification_no, at, report,
        max(at) over same as last_at,
        row_number() over (partition by md5(substring(report from '"findings":\[.*\]')) order by verification_no) as place
    from verification
    where findings > 0 and verification_no < %(before)s
    window same as (partition by md5(substring(report from '"findings":\[.*\]')))
) held
where place = 1
order by verification_no
