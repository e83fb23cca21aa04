"""What verification found is kept twice: in a signed report, and in the log itself, once for each damage."""

import psycopg

from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.keeping.verify import keep, verify
from tests.record.test_append import login

FOUND = "select native_id, outcome, description, actor_type from audit_event where action = 'Damage Found' order by id"


def test_each_damage_becomes_an_event_once(log: Log, admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    with log.appender() as appender, Sealer(log) as sealer:
        appender.append([login(k) for k in range(9)])
        sealer.seal()
        keep(log, verify(log))
        assert admin.execute(FOUND).fetchall() == []
        admin.execute("alter table audit_event disable trigger all")
        admin.execute("update audit_event set actor = 'mallory' where id = (select event_id from sealed where seq = 4)")
        admin.execute("alter table audit_event enable always trigger no_rewrite")
        admin.execute("alter table audit_event enable always trigger no_truncate")
        admin.execute("alter table audit_event enable always trigger only_erasure")
        first = verify(log)
        keep(log, first)
        sealer.seal()
        keep(log, verify(log))
    (altered,) = [finding for finding in first.findings if finding.first == 4]
    rows = admin.execute(FOUND).fetchall()
    assert (f"found:{altered.name}", "failure", f"Altered #4: {altered.message}", "system") in rows
    assert len(rows) == len({row[0] for row in rows}) == len([one for one in first.findings if one.is_damage])
    assert admin.execute("select count(*) from conflict").fetchone() == (0,)


def test_an_acknowledgement_from_a_file_does_not_count(log: Log) -> None:
    from dashboard.record.kept import KeptRecord

    with log.appender() as appender, Sealer(log) as sealer:
        appender.append(
            [
                login(1, source="auditlens", native_id="acknowledged:a", imported=True),
                login(2, source="auditlens", native_id="acknowledged:b"),
            ]
        )
        sealer.seal()
    reader = log.reader()
    with KeptRecord.of(reader) as record:
        assert [one.finding for one in record.acknowledgements(["a", "b"])] == ["b"]
    reader.close()
