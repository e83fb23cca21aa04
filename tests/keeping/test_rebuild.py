"""The archive is written anew from the record: the same log, whatever happened to the archive, and nothing is lost."""

import json
import signal
import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from dashboard.cli import main
from dashboard.errors import DamagedError, UnreachableError
from dashboard.events.filter import EventFilter
from dashboard.keeping import rebuild as rebuilding
from dashboard.keeping.erase import erase
from dashboard.keeping.log import Log
from dashboard.keeping.rebuild import rebuild
from dashboard.keeping.retire import retire
from dashboard.keeping.sealer import Sealer
from dashboard.keeping.targets import find
from dashboard.keeping.verify import verify
from dashboard.ledger.report import Kind, Mode
from dashboard.query import views
from dashboard.query.opening import open_engine
from tests.keeping.sealed_log import damage
from tests.keeping.test_compaction import log_files, mirrored_in_pieces, rows
from tests.keeping.test_retire import FEBRUARY, JANUARY, add_month, seal
from tests.record.test_append import login

Admin = "psycopg.Connection[tuple[object, ...]]"


def evidence(log: Log) -> list[dict[str, object]]:
    table = log.evidence_table()
    table.refresh()
    return table.scan().collect().sort("seq").to_dicts()


def mirror_all(log: Log) -> None:
    with Sealer(log) as sealer:
        sealer.mirror()


@pytest.mark.parametrize("processes", [1, 2])
def test_what_is_rebuilt_is_what_was_there(log: Log, monkeypatch: pytest.MonkeyPatch, processes: int) -> None:
    mirrored_in_pieces(log)
    mirror_all(log)
    monkeypatch.setattr(rebuilding, "RANGE_EVENTS", 25)
    before, proofs = rows(log), evidence(log)
    heard: list[tuple[int, int]] = []
    with closing(log.events()) as reader:
        older = reader.snapshot().events
        done = rebuild(log, processes=processes, told=lambda *told: heard.append(told))
        assert older.sort("seq").collect().to_dicts() == before
    assert (done.events, done.kept) == (90, 0)
    assert heard[-1] == (90, 90)
    assert len(heard) == 4
    assert rows(log) == before
    assert evidence(log) == proofs
    assert damage(verify(log, mode=Mode.FULL, processes=1)) == []
    with log.appender() as appender, Sealer(log) as sealer:
        appender.append([login(7)])
        sealer.seal()
        assert sealer.mirror() == 1


@pytest.mark.parametrize("table", ["events", "evidence"])
def test_a_damaged_archive_is_made_whole(log: Log, table: str) -> None:
    mirrored_in_pieces(log)
    mirror_all(log)
    before, proofs = rows(log), evidence(log)
    files = sorted((Path(log.settings.archive_location) / table).glob("*.parquet"))
    files[0].unlink()
    files[1].write_bytes(b"nonsense")
    changed = pl.read_parquet(files[2])
    changed.with_columns(changed.to_series(1).reverse()).write_parquet(files[2])
    rebuild(log)
    assert rows(log) == before
    assert evidence(log) == proofs
    assert damage(verify(log, mode=Mode.FULL, processes=1)) == []


def test_an_archive_that_is_not_there_is_made(log: Log) -> None:
    mirrored_in_pieces(log)
    rebuild(log)
    before = rows(log)
    Path(log.settings.archive_location).rename(Path(log.settings.archive_location).with_name("away"))
    assert rebuild(log).events == 90
    assert rows(log) == before


def test_an_empty_log_is_rebuilt_to_nothing(log: Log) -> None:
    assert rebuild(log).events == 0
    assert rows(log) == []


def test_what_was_erased_stays_erased(log: Log) -> None:
    mirrored_in_pieces(log)
    erase(log, find(log, ["person.1"]), "ticket 7")
    rebuild(log)
    assert find(log, ["person.1"]).is_empty
    assert all(b"person.1" not in path.read_bytes() for path in log_files(log))
    assert damage(verify(log, mode=Mode.FULL, processes=1)) == []


@pytest.fixture
def retired(log: Log, admin: Admin, monkeypatch: pytest.MonkeyPatch) -> Log:
    """A log whose January is in the archive alone, in a file with other rows."""
    monkeypatch.setattr(rebuilding, "RANGE_EVENTS", 100)
    with log.appender() as appender:
        appender.append([login(n) for n in range(50)])
    with Sealer(log) as sealer:
        sealer.seal()
    add_month(admin, JANUARY)
    seal(log)
    add_month(admin, FEBRUARY)
    seal(log)
    assert [count for _, count in retire(log, [JANUARY])] == [300]
    mirror_all(log)
    return log


def test_the_files_of_a_retired_month_stay_as_they_are(retired: Log) -> None:
    before, proofs = rows(retired), evidence(retired)
    files = set(log_files(retired))
    done = rebuild(retired, processes=1)
    assert (done.events, done.kept) == (301, 350)
    assert rows(retired) == before
    assert evidence(retired) == proofs
    events, proving = retired.events_table(), retired.evidence_table()
    events.refresh()
    proving.refresh()
    assert len({Path(file) for table in (events, proving) for file in table.files()} & files) == 2
    assert Kind.ARCHIVE not in {finding.kind for finding in verify(retired, mode=Mode.FULL, processes=1).findings}


@pytest.mark.parametrize("table", ["events", "evidence"])
def test_a_rebuild_that_would_lose_a_retired_month_is_refused(retired: Log, table: str) -> None:
    before = {path: path.read_bytes() for path in log_files(retired)}
    one = retired.events_table() if table == "events" else retired.evidence_table()
    one.refresh()
    lost = next(Path(file.uri) for file in one.listed() if file.first_seq == 0)
    content = lost.read_bytes()
    lost.unlink()
    with pytest.raises(DamagedError, match="files of it are gone"):
        rebuild(retired)
    pl.read_parquet(lost.with_name(lost.name) if lost.exists() else _put(lost, content)).filter(
        pl.col("seq") != 60
    ).write_parquet(lost)
    with pytest.raises(DamagedError, match="holds 299 of 300"):
        rebuild(retired)
    lost.write_bytes(content)
    assert {path: path.read_bytes() for path in log_files(retired)} == before


def _put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_database_that_was_rolled_back_is_not_copied_over_the_archive(log: Log, admin: Admin) -> None:
    mirrored_in_pieces(log)
    for table in ("seal", "sealed"):
        admin.execute(f"alter table {table} disable trigger all".encode())
        admin.execute(f"delete from {table}".encode())
    with pytest.raises(DamagedError, match="rolled back"):
        rebuild(log)


def test_a_worker_that_fails_leaves_all_as_it_was(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    mirrored_in_pieces(log)
    before, files = rows(log), set(log_files(log))
    monkeypatch.setattr(rebuilding, "RANGE_EVENTS", 25)
    write, calls = rebuilding._write, iter(range(9))

    def failing(job: rebuilding.Job) -> rebuilding.Written:
        if next(calls) == 2:
            raise UnreachableError("The database went away.")
        return write(job)

    monkeypatch.setattr(rebuilding, "_write", failing)
    with pytest.raises(UnreachableError, match="went away"):
        rebuild(log, processes=1)
    assert rows(log) == before
    assert set(log_files(log)) == files


@pytest.mark.usefixtures("external")
def test_a_rebuild_that_is_killed_ends_where_it_started(log: Log) -> None:
    mirrored_in_pieces(log)
    before = rows(log)
    with subprocess.Popen([sys.executable, "-c", _SLOW], stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "committing\n"
        killed.send_signal(signal.SIGKILL)
    assert rows(log) == before
    left = len(set(log_files(log)))
    table = log.events_table()
    assert table.tidy(timedelta()) > 0
    assert len(set(log_files(log))) < left
    assert rows(log) == before
    assert rebuild(log).events == 90  # nothing is locked any more


_SLOW = """
import time
from dashboard.config import from_environment
from dashboard.keeping import rebuild
from dashboard.keeping.log import open_log

def commit(*_):
    print("committing", flush=True)
    time.sleep(60)

rebuild._commit = commit
with open_log(from_environment()) as log:
    rebuild.rebuild(log, processes=1)
"""


def test_pages_are_answered_all_the_while(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    mirrored_in_pieces(log)
    monkeypatch.setattr(rebuilding, "RANGE_EVENTS", 10)
    runner = threading.Thread(target=rebuild, args=(log,), kwargs={"processes": 1})
    runner.start()
    looks = 0
    while runner.is_alive() or not looks:
        with open_engine(log) as engine:
            assert views.count(engine, EventFilter()) == 90
            assert views.log_page(engine, EventFilter()).height == 90
        looks += 1
    runner.join()


@pytest.mark.usefixtures("external")
def test_the_command_says_how_fast_it_was(log: Log, capfd: pytest.CaptureFixture[str]) -> None:
    mirrored_in_pieces(log)
    assert main(["archive", "rebuild", "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert (said["events"], said["kept"]) == (90, 0)
    assert said["rows_per_second"] > 0
