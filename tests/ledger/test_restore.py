"""A dump restored into another server: refused until it is meant, then the same leaves, and nothing passed over,
though the other server gives out transaction ids anew.
"""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

import psycopg
import pytest

from dashboard import cli
from dashboard.errors import DamagedError, Exit
from dashboard.events.regions import Regions
from dashboard.keeping.log import Log
from dashboard.keeping.own_events import rebase
from dashboard.keeping.sealer import Sealer
from dashboard.keeping.verify import verify
from dashboard.ledger.seal import seal_once
from dashboard.ledger.signing import sign_pending
from dashboard.record.tree import LeafLine, TreeRecord
from tests import install
from tests.log_fixtures import TestServer, opened, with_template
from tests.older_postgresql import older_server
from tests.record.test_append import login

Admin: TypeAlias = "psycopg.Connection[tuple[object, ...]]"
MOVED = "moved_log"


@pytest.fixture
def elsewhere() -> Iterator[TestServer]:
    """Another server, whose transaction ids are small. The migration of another log made the roles there."""
    with older_server() as endpoint:
        yield with_template(endpoint)


@pytest.fixture
def postgres(older_postgresql: TestServer) -> TestServer:
    """The log's first server: pg_dump reads its own version and older ones."""
    return older_postgresql


def waiting(log: Log) -> int:
    with closing(log.reader()) as reader:
        return reader.waiting()[0]


def spend(admin: Admin, transactions: int) -> None:
    """Uses up transaction ids; a block with a handler takes one each."""
    admin.execute("create temporary table if not exists spent (n integer)")
    block = "begin insert into spent values (n); exception when others then null; end"
    admin.execute(f"do $$ begin for n in 1..{transactions} loop {block}; end loop; end $$".encode())


def next_transaction(admin: Admin) -> int:
    row = admin.execute("select pg_current_xact_id()::text").fetchone()
    assert row is not None
    return int(str(row[0]))


def append(log: Log, start: int, stop: int) -> None:
    with log.appender() as appender:
        for k in range(start, stop):
            appender.append([login(k, native_id=str(k), source_ip="81.2.69.142")])


def seal(log: Log) -> int:
    with Sealer(log) as sealer:
        return sealer.seal().events


def seal_in_bites(log: Log) -> int:
    """Seals two events or so at a time, and signs."""
    total = 0
    with log.sealing() as record, Regions.open(None) as regions:
        while True:
            done = seal_once(record, regions, limit=2)
            total += done.events
            if not done.more:
                sign_pending(record, log.sealer_folder())
                return total


def sealed(log: Log) -> tuple[LeafLine, ...]:
    with TreeRecord.open(log.urls.of("reader"), "reader") as tree:
        return tree.leaf_lines(0, 1 << 62)


@pytest.fixture
def move(postgres: TestServer, elsewhere: TestServer, database: str, tmp_path: Path) -> Callable[[Log], Log]:
    """Dumps the log, restores it elsewhere, and opens it there with the files it had."""

    def moved(log: Log) -> Log:
        programs, dump = Path(install.POSTGRESQL.here()), tmp_path / "log.dump"
        run = [str(programs / "pg_dump"), "-Fc", "-f", str(dump), postgres.url("auditlens", database)]
        subprocess.run(run, check=True, capture_output=True)
        elsewhere.execute(f"create database {MOVED}")
        run = [str(programs / "pg_restore"), "--exit-on-error", "-d", elsewhere.url("auditlens", MOVED), str(dump)]
        subprocess.run(run, check=True, capture_output=True)
        found = opened(elsewhere, MOVED, log.settings.home)
        assert found.log_id == log.log_id
        return found

    return moved


def test_a_restored_log_goes_on_when_told_to_and_passes_nothing_over(
    log: Log, admin: Admin, elsewhere: TestServer, move: Callable[[Log], Log]
) -> None:
    with psycopg.connect(elsewhere.url("auditlens", "postgres"), autocommit=True) as there:
        spend(admin, max(0, next_transaction(there) + 400 - next_transaction(admin)))
    first = next_transaction(admin)
    append(log, 0, 60)
    seal(log)
    append(log, 60, 70)  # waits when the dump is made
    last = next_transaction(admin)
    before, memory = sealed(log), log.sealer_folder().state()
    new = move(log)
    assert sealed(new) == before
    with pytest.raises(DamagedError, match="restored into another server"):
        seal(new)
    append(new, 70, 75)
    with pytest.raises(DamagedError, match="restored into another server"):
        seal(new)
    assert sealed(new) == before
    assert rebase(new).events == 16  # ten that waited, five that came, and one that says so
    assert new.sealer_folder().state().size == memory.size + 16
    with psycopg.connect(elsewhere.url("auditlens", MOVED), autocommit=True) as there:
        spend(there, max(0, first - next_transaction(there) - 20))
        for k in range(75, 95):  # while the new server's transaction ids pass those of the old rows
            spend(there, 50)
            append(new, k, k + 1)
            assert waiting(new) == 1
            assert seal_in_bites(new) == 1
        assert first < last < next_transaction(there)
        rows = there.execute("select native_id from sealed join audit_event on id = event_id order by seq").fetchall()
    assert sealed(new)[:60] == before
    assert all(row.leaf == row.sealed_leaf for row in sealed(new))
    natives = [str(row[0]) for row in rows if not str(row[0]).startswith("moved:")]
    assert natives == [str(k) for k in range(95)]
    report = verify(new)
    assert report.findings == ()
    assert report.covered == ((0, 96),)


def test_a_restored_log_that_was_never_sealed_is_refused_too(
    log: Log, admin: Admin, elsewhere: TestServer, move: Callable[[Log], Log]
) -> None:
    with psycopg.connect(elsewhere.url("auditlens", "postgres"), autocommit=True) as there:
        spend(admin, max(0, next_transaction(there) + 400 - next_transaction(admin)))
    append(log, 0, 5)
    new = move(log)
    with pytest.raises(DamagedError, match="restored into another server"):
        seal(new)
    assert rebase(new).events == 6
    append(new, 5, 7)
    assert seal(new) == 2


def test_a_rebase_without_a_restore_puts_nothing_on_record(log: Log) -> None:
    append(log, 0, 3)
    seal(log)
    assert rebase(log).events == 0
    append(log, 3, 5)
    assert rebase(log).events == 2


def test_the_command_refuses_and_says_what_to_do_then_goes_on(
    log: Log, move: Callable[[Log], Log], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    append(log, 0, 3)
    seal(log)
    new = move(log)
    monkeypatch.setenv("AUDITLENS_HOME", str(log.settings.home))
    for part in ("reader", "writer", "sealer"):
        monkeypatch.setenv(f"AUDITLENS_{part.upper()}_URL", new.urls.of(part))
    assert cli.main(["seal"]) == Exit.DAMAGED
    assert "auditlens seal --rebase" in " ".join(capsys.readouterr().err.split())
    assert cli.main(["seal", "--rebase", "--json"]) == Exit.DONE
    assert json.loads(capsys.readouterr().out) == {"sealed": 1, "tree_size": 4, "mirrored": 0}
    assert cli.main(["seal", "--json"]) == Exit.DONE
    assert json.loads(capsys.readouterr().out)["sealed"] == 0
