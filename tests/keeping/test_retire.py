"""A month leaves PostgreSQL only when each of its rows came back from the archive as it was sealed."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import psycopg
import pytest

from dashboard.archive.table import ArchiveTable
from dashboard.errors import DamagedError, UsageError
from dashboard.events.event import AuditEvent
from dashboard.events.filter import EventFilter
from dashboard.keeping import retire as retiring
from dashboard.keeping.archived import archived
from dashboard.keeping.erase import erase
from dashboard.keeping.log import Log
from dashboard.keeping.retire import candidates, hold, parse_month, retire
from dashboard.keeping.sealer import Sealer
from dashboard.keeping.status import status_of
from dashboard.keeping.targets import find
from dashboard.keeping.verify import verify
from dashboard.ledger.report import Kind, Mode
from dashboard.ledger.tlog import Tiles, check_inclusion
from dashboard.query import views
from dashboard.query.opening import Questions
from dashboard.record.tree import TreeRecord
from tests.record.test_append import login

Admin = "psycopg.Connection[tuple[object, ...]]"
JANUARY, FEBRUARY, MARCH = date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)
ROWS = 300
INSERT = """
with made as (
    insert into audit_event (recorded_at, occurred_at, category, action, outcome, actor_type, actor, source_ip, target,
        description, details, original, source, native_id, imported)
    select %(at)s::timestamptz + n * interval '1 second', %(at)s::timestamptz, 'Auth', 'Logged In', 'success', 'user',
        'elif.kaya', '203.0.113.7', 'repo', 'signed in "x"', '{"n":1}', convert_to('line ' || n, 'UTF8'), 'old',
        %(at)s || ':' || n, false
    from generate_series(1, %(rows)s) n returning id, source, native_id
)
insert into event_key (source, native_id, content, event_id)
select source, native_id, case when %(keeps_content)s then sha256('x') end, id from made
"""


def add_month(
    admin: Admin, month: date, rows: int = ROWS, *, partition: bool = True, keeps_content: bool = True
) -> None:
    """A month of events as it would be, had this log been there then."""
    name, beyond = f"audit_event_{month:%Y_%m}", retiring._after(month)
    if partition:
        admin.execute("set role auditlens_owner")
        bounds = f"from ('{month} 00:00Z') to ('{beyond} 00:00Z')"
        admin.execute(f"create table {name} partition of audit_event for values {bounds}".encode())
        admin.execute(f"select audit_protect_but_erasure('{name}')".encode())
        admin.execute("reset role")
    admin.execute(INSERT.encode(), {"at": f"{month} 00:00Z", "rows": rows, "keeps_content": keeps_content})


def seal(log: Log, *, mirror: bool = True) -> None:
    with Sealer(log) as sealer:
        sealer.seal()
        if mirror:
            sealer.mirror()


@pytest.fixture
def old(log: Log, admin: Admin) -> Log:
    """300 events of January 2025, 10 of today, 300 of February: sealed and mirrored in this order."""
    add_month(admin, JANUARY)
    seal(log)
    with log.appender() as appender:
        appender.append([login(n) for n in range(10)])
    seal(log)
    add_month(admin, FEBRUARY)
    seal(log)
    return log


def held(admin: Admin) -> int:
    row = admin.execute("select count(*) from audit_event where recorded_at < '2025-03-01Z'").fetchone()
    assert row is not None
    return int(str(row[0]))


def retired_all(log: Log, *months: date) -> list[tuple[date, int]]:
    return list(retire(log, months))


@pytest.mark.on_both_servers
def test_a_retired_month_is_in_the_archive_alone_and_everything_else_stays(old: Log, admin: Admin) -> None:
    with closing(Questions(old)) as questions:
        before = views.log_page(questions.engine(), EventFilter(), limit=1000)
        assert retired_all(old, JANUARY, FEBRUARY) == [(JANUARY, ROWS), (FEBRUARY, ROWS)]
        engine = questions.engine(610)
        assert views.log_page(engine, EventFilter(), limit=1000).equals(before)
    assert held(admin) == 0
    assert admin.execute("select to_regclass('audit_event_2025_01')").fetchone() == (None,)
    assert admin.execute("select count(*) from sealed").fetchone() == (612,)
    assert admin.execute("select count(*) from event_key where source = 'old'").fetchone() == (600,)
    rows = admin.execute(
        "select month::text, ranges::text, rows, encode(digest, 'hex') from retired order by 1"
    ).fetchall()
    assert [row[:3] for row in rows] == [("2025-01-01", "{[0,300)}", 300), ("2025-02-01", "{[310,610)}", 300)]
    own = admin.execute(
        "select category, native_id, db_role from audit_event where action = 'Month Retired' order by id"
    ).fetchall()
    assert own == [("Integrity", f"retired:2025-0{n + 1}:{row[3]}", "auditlens_redactor") for n, row in enumerate(rows)]
    status = status_of(old)
    assert (status["events"], status["retired"], status["sealed"]) == (612, 600, 612)


@pytest.mark.on_both_servers
def test_a_retired_event_is_still_known_when_it_comes_again(log: Log, admin: Admin) -> None:
    add_month(admin, JANUARY, keeps_content=False)
    keys = admin.execute("select native_id from event_key where source = 'old'").fetchall()
    again = [
        AuditEvent(
            occurred_at=datetime(2025, 1, 1, tzinfo=UTC), category="Auth", action="Logged In", outcome="success",
            actor="elif.kaya", source_ip="203.0.113.7", target="repo", description='signed in "x"', details='{"n":1}',
            source="old", native_id=str(key[0]),
        )
        for key in keys
    ]  # fmt: skip
    seal(log)
    with log.appender() as appender:
        assert appender.append(again).duplicates == ROWS
        retired_all(log, JANUARY)
        assert held(admin) == 0
        assert appender.append(again).duplicates == ROWS
        assert appender.append([replace(again[0], action="Logged Out")]).conflicts == (0,)
    assert admin.execute("select count(*) from event_content").fetchone() == (ROWS,)


def test_every_proof_from_before_verifies_by_the_archive_and_new_ones_too(old: Log) -> None:
    def prove(size: int | None = None) -> tuple[int, bytes, list[list[bytes]]]:
        with TreeRecord.open(old.urls.of("reader"), "reader") as tree:
            head = tree.head()
            assert head is not None
            tiles = Tiles(tree.tile, head.tree_size)
            return head.tree_size, head.root, [tiles.prove_inclusion(seq, head.tree_size) for seq in (0, 299, 310)]

    before = prove()
    retired_all(old, JANUARY, FEBRUARY)
    events, evidence = old.events_table(), old.evidence_table()
    events.refresh()
    evidence.refresh()
    rows = archived(events, evidence, pl.Series([0, 299, 310]))
    assert rows.differing({}) == []
    for size, root, paths in (before, prove()):
        for seq, leaf, path in zip((0, 299, 310), rows.sealed, paths, strict=True):
            assert check_inclusion(seq, size, leaf, path, root)


def test_sealing_and_mirroring_go_on(old: Log) -> None:
    retired_all(old, JANUARY)
    with old.appender() as appender:
        appender.append([login(n, native_id=f"later:{n}") for n in range(5)])
    seal(old)
    with closing(old.events()) as reader:
        snapshot = reader.snapshot()
        assert snapshot.as_of == 616
        assert snapshot.events.collect()["seq"].sort().to_list() == list(range(616))


def test_what_is_retired_is_not_looked_for_in_the_record(old: Log) -> None:
    retired_all(old, JANUARY)
    with closing(old.reader()) as reader:
        assert reader.sealed_range(300, 310)[0].height == 10
        with pytest.raises(DamagedError, match="2025-01 were retired"):
            reader.sealed_range(290, 310)
    postgres = Log(
        settings=old.settings.model_copy(update={"engine": "postgres"}),
        urls=old.urls, log_id=old.log_id, demo=False, embedded=True,
    )  # fmt: skip
    with closing(Questions(postgres)) as questions, pytest.raises(UsageError, match="in the archive alone"):
        questions.engine()


def test_an_erasure_reaches_retired_events(old: Log, admin: Admin) -> None:
    retired_all(old, JANUARY)
    targets = find(old, ["elif.kaya"])
    assert targets.places()["actor"] == 610
    assert erase(old, targets, "asked").erasure_no == 1
    assert find(old, ["elif.kaya"]).is_empty
    assert admin.execute("select count(*) from erased_group where grp = 'actor'").fetchone() == (610,)
    events, evidence = old.events_table(), old.evidence_table()
    events.refresh()
    evidence.refresh()
    with closing(old.reader()) as reader:
        assert archived(events, evidence, pl.Series(range(610))).differing(reader.erased_digests()) == []
    assert evidence.scan().filter(pl.col("seq") < 610).select(pl.col("actor_salt").count()).collect().item() == 0


def test_an_erased_month_can_be_retired(old: Log, admin: Admin) -> None:
    erase(old, find(old, ["elif.kaya"]), "asked")
    assert retired_all(old, JANUARY) == [(JANUARY, ROWS)]
    assert held(admin) == ROWS


def spoil(table: ArchiveTable, change: pl.Expr) -> None:
    table.refresh()
    table.rewrite(pl.Series([7]), lambda rows: rows.with_columns(change))


HERE = pl.col("seq") == 7
SPOILT = {
    "a value": ("events", pl.when(HERE).then(pl.lit("someone")).otherwise("actor").alias("actor")),
    "a clear field": ("events", pl.when(HERE).then(pl.lit("2")).otherwise("native_id").alias("native_id")),
    "a salt": ("evidence", pl.when(HERE).then(pl.lit(b"0" * 16)).otherwise("actor_salt").alias("actor_salt")),
    "a salt that is gone": ("evidence", pl.when(~HERE).then("actor_salt").alias("actor_salt")),
    "a line": ("evidence", pl.when(HERE).then(pl.lit(b"x")).otherwise("original").alias("original")),
    "a leaf": ("evidence", pl.when(HERE).then(pl.lit(b"0" * 32)).otherwise("leaf").alias("leaf")),
}


@pytest.mark.parametrize(("name", "change"), SPOILT.values(), ids=SPOILT.keys())
def test_a_row_that_does_not_come_back_as_sealed_keeps_its_month(
    old: Log, admin: Admin, name: str, change: pl.Expr
) -> None:
    spoil(old.events_table() if name == "events" else old.evidence_table(), change)
    with pytest.raises(DamagedError, match="seq 7 is not what was sealed"):
        retired_all(old, JANUARY)
    assert held(admin) == 2 * ROWS


def test_a_row_that_the_archive_lost_keeps_its_month(old: Log, admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = ArchiveTable.scan
    monkeypatch.setattr(ArchiveTable, "scan", lambda table: scan(table).filter(pl.col("seq") != 7))
    with pytest.raises(DamagedError, match="seq 7"):
        retired_all(old, JANUARY)
    assert held(admin) == 2 * ROWS


def test_a_leaf_that_is_not_in_the_signed_tree_keeps_its_month(old: Log, admin: Admin) -> None:
    admin.execute("alter table tile disable trigger all")
    admin.execute(
        "update tile set hashes = overlay(hashes placing sha256('x') from 33 for 32) where level = 0 and number = 0"
    )
    with pytest.raises(DamagedError, match="seq 0 is not in the signed tree"):
        retired_all(old, JANUARY)
    assert held(admin) == 2 * ROWS


def test_a_month_that_was_not_read_back_is_refused_by_the_database(old: Log, admin: Admin) -> None:
    with psycopg.connect(old.urls.redactor, autocommit=True) as redactor:
        with pytest.raises(psycopg.errors.DataCorrupted, match="not what the record holds"):
            redactor.execute("select audit_retire('2025-01-01', sha256('x'), null)")
        for statement in (
            "drop table audit_event_2025_01",
            "alter table audit_event detach partition audit_event_2025_01",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                redactor.execute(statement.encode())
    assert held(admin) == 2 * ROWS


def retire_blindly(log: Log, month: str) -> None:
    with psycopg.connect(log.urls.redactor, autocommit=True) as redactor:
        redactor.execute("select audit_retire(%s::date, sha256('x'), null)", (f"{month}-01",))


def test_a_month_that_is_not_over_not_there_or_not_sealed_is_refused(old: Log, admin: Admin) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="is not over"):
        retire_blindly(old, f"{datetime.now(UTC):%Y-%m}")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="has no partition"):
        retire_blindly(old, "2024-12")
    add_month(admin, MARCH, 3)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="not sealed"):
        retire_blindly(old, "2025-03")
    with Sealer(old, signs=False) as sealer:
        sealer._signs = False
        sealer.seal()
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="no signature covers"):
        retire_blindly(old, "2025-03")


def test_a_month_that_lost_a_sealed_row_is_refused(old: Log, admin: Admin) -> None:
    admin.execute("alter table audit_event_2025_01 disable trigger all")
    admin.execute("delete from audit_event_2025_01 where id = (select min(id) from audit_event_2025_01)")
    with pytest.raises(DamagedError, match="lacks events that were sealed"):
        retired_all(old, JANUARY)
    assert held(admin) == 2 * ROWS - 1


def test_a_hold_keeps_a_month_until_it_is_released(old: Log, admin: Admin) -> None:
    hold(old, JANUARY, held=True, reason="case 12")
    assert [(c.name, c.refused) for c in candidates(old, MARCH)] == [("2025-01", "held: case 12"), ("2025-02", None)]
    with pytest.raises(UsageError, match="2025-01 is held"):
        retired_all(old, JANUARY)
    hold(old, JANUARY, held=False, reason="case 12 is closed")
    assert retired_all(old, JANUARY) == [(JANUARY, ROWS)]
    own = admin.execute("select action, native_id from audit_event where source = 'auditlens' order by id").fetchall()
    assert own[:2] == [("Month Held", "hold:2025-01:1"), ("Month Released", "hold:2025-01:2")]


def test_what_can_not_be_retired_is_said_with_its_reason(old: Log, admin: Admin) -> None:
    add_month(admin, date(2024, 12, 1), 2, partition=False)
    this_month = datetime.now(UTC).date().replace(day=1)
    said = [(c.name, c.rows, c.refused) for c in candidates(old, retiring._after(this_month))]
    assert said == [
        ("2024-12", 2, "2 of its events lie in the default partition, which stays"),
        ("2025-01", ROWS, None),
        ("2025-02", ROWS, None),
        (f"{this_month:%Y-%m}", 10, "the month is not over"),
    ]


@pytest.mark.parametrize("text", ["2025", "2025-13", "January", "2025-01-01", ""])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a month"):
        parse_month(text)


def test_a_host_that_trusts_no_key_retires_nothing(old: Log, tmp_path: Path) -> None:
    elsewhere = Log(
        settings=old.settings.model_copy(update={"trusted_keys": tmp_path / "none"}),
        urls=old.urls, log_id=old.log_id, demo=False, embedded=True,
    )  # fmt: skip
    with pytest.raises(UsageError, match="No signature that is trusted here"):
        retired_all(elsewhere, JANUARY)


def test_verification_finds_nothing_in_what_is_retired_and_erased_on_record(old: Log, admin: Admin) -> None:
    def findings() -> set[tuple[str, str]]:
        return {(found.kind, found.message) for found in verify(old, mode=Mode.FULL, processes=1).findings}

    before = findings()  # the months of this test came too late, and others between them are not there
    assert {kind for kind, _ in before} == {Kind.BACKDATED, Kind.PROTECTION}
    retired_all(old, JANUARY)
    erase(old, find(old, ["elif.kaya"]), "asked")
    assert findings() <= before
    admin.execute("alter table audit_event disable trigger user")
    admin.execute("update audit_event set target = null, target_salt = null where source = 'old'")
    admin.execute("alter table audit_event enable always trigger no_rewrite")
    admin.execute("alter table audit_event enable always trigger no_truncate")
    admin.execute("alter table audit_event enable always trigger only_erasure")
    assert {kind for kind, _ in findings() - before} == {Kind.ERASED}


def test_verification_finds_a_month_that_went_without_a_record(old: Log, admin: Admin) -> None:
    admin.execute("drop table audit_event_2025_01")
    report = verify(old, mode=Mode.FULL, processes=1)
    assert any(found.first == 0 and found.last == ROWS - 1 for found in report.findings), report.findings
