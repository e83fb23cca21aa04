-- Gives the erasures that are not complete outside the record. A row is an erasure: erasure_no bigint, archive boolean (the archive is still to do),
-- files boolean (the database's own files are still to do).
select e.erasure_no, a.step is null as archive, f.step is null as files
from erasure e
left join erasure_step a on a.erasure_no = e.erasure_no and a.step = 'archive'
left join erasure_step f on f.erasure_no = e.erasure_no and f.step = 'files'
where a.step is null or f.step is null
order by e.erasure_no
