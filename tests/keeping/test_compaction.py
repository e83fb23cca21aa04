"""What compaction rewrites is the same log: its leaves verify, erasing and retiring work, and nobody waits."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.cli import main
from dashboard.events.event import AuditEvent
from dashboard.events.filter import EventFilter
from dashboard.keeping.compaction import Compactor
from dashboard.keeping.erase import erase
from dashboard.keeping.forever import run_forever
from dashboard.keeping.log import Log
from dashboard.keeping.retire import retire
from dashboard.keeping.sealer import Sealer
from dashboard.keeping.status import status_of
from dashboard.keeping.targets import find
from dashboard.keeping.verify import verify
from dashboard.ledger.report import Kind, Mode
from dashboard.query import views
from dashboard.query.opening import open_engine
from tests.keeping.sealed_log import damage
from tests.keeping.test_retire import FEBRUARY, JANUARY, add_month
from tests.keeping.test_retire import seal as seal_and_mirror
from tests.keeping.test_sealer import wait_until
from tests.record.test_append import login

Admin = "psycopg.Connection[tuple[object, ...]]"
OLD = datetime(2019, 5, 1, tzinfo=UTC)


def mirrored_in_pieces(log: Log, pieces: int = 9) -> None:
    """Events as they come, each range with one of years ago and one of an hour ago; the last is not mirrored."""
    now = datetime.now(UTC)
    with log.appender() as appender, Sealer(log) as sealer:
        for piece in range(pieces):
            events: list[AuditEvent] = [
                login(actor=f"person.{n % 3}", occurred_at=now + timedelta(seconds=piece, microseconds=n))
                for n in range(8)
            ]
            events.append(login(actor="late", occurred_at=now - timedelta(hours=1, seconds=-piece)))
            events.append(login(actor="old", occurred_at=OLD + timedelta(days=piece), imported=True))
            appender.append(events)
            sealer.seal()
            if piece + 1 < pieces:
                sealer.mirror()


def rows(log: Log, as_of: int | None = None) -> list[dict[str, object]]:
    with closing(log.events()) as reader:
        return reader.snapshot(as_of).events.sort("seq").collect().to_dicts()


def files(log: Log) -> tuple[int, int]:
    events, evidence = log.events_table(), log.evidence_table()
    events.refresh()
    evidence.refresh()
    return len(events.files()), len(evidence.files())


def test_every_state_of_the_log_is_as_it_was_in_fewer_files(log: Log) -> None:
    mirrored_in_pieces(log)
    before = {as_of: rows(log, as_of) for as_of in (0, 7, 33, 80, 90)}
    mirrored = status_of(log)["mirrored"]
    with closing(log.events()) as reader:
        older = reader.snapshot().events
        with Compactor(log) as compactor:
            done = compactor.finish()
        assert older.sort("seq").collect().to_dicts() == before[90]  # whoever had it open reads on
    assert done["events"].files_before == done["evidence"].files_before == 8
    assert files(log) == (1, 1)
    assert {as_of: rows(log, as_of) for as_of in before} == before
    assert status_of(log)["mirrored"] == mirrored == 80
    assert damage(verify(log, mode=Mode.FULL, processes=1)) == []
    with Sealer(log) as sealer:
        assert sealer.mirror() == 10
    assert rows(log) == before[90]


def test_questions_are_answered_alike_before_and_after(log: Log) -> None:
    mirrored_in_pieces(log)

    def answers() -> list[object]:
        with open_engine(log) as engine:
            return [
                views.log_page(engine, EventFilter()).to_dicts(),
                views.log_page(engine, EventFilter(actor=("old",))).to_dicts(),
                views.count(engine, EventFilter(until=OLD + timedelta(days=3))),
                views.facets(engine, EventFilter(), "actor").to_dicts(),
            ]

    before = answers()
    with Compactor(log) as compactor:
        while compactor.round():
            pass
        assert answers() == before
        compactor.finish()
    assert answers() == before


def test_a_person_is_erased_from_compacted_files_and_from_those_that_were_compacted_away(log: Log) -> None:
    mirrored_in_pieces(log)
    with Compactor(log) as compactor:
        compactor.finish()
    assert len(list(log_files(log))) > 2
    erase(log, find(log, ["person.1"]), "ticket 7")
    assert all(b"person.1" not in path.read_bytes() for path in log_files(log))
    assert find(log, ["person.1"]).is_empty
    assert damage(verify(log, mode=Mode.FULL, processes=1)) == []
    with Compactor(log) as compactor:
        compactor.finish()
    assert damage(verify(log, mode=Mode.FULL, processes=1)) == []


def log_files(log: Log) -> Iterator[Path]:
    return Path(log.settings.archive_location).rglob("*.parquet")


def test_a_month_is_retired_from_compacted_files(log: Log, admin: Admin) -> None:
    add_month(admin, JANUARY)
    seal_and_mirror(log)
    add_month(admin, FEBRUARY)
    seal_and_mirror(log)
    mirrored_in_pieces(log, 2)
    before = rows(log)
    with Compactor(log) as compactor:
        compactor.finish()
    assert [count for _, count in retire(log, [JANUARY])] == [300]
    with Compactor(log) as compactor:
        compactor.finish()
    after = rows(log)
    assert after[: len(before)] == before
    report = verify(log, mode=Mode.FULL, processes=1)
    assert report.archived == report.as_of - 1 == len(after) - 1  # the month's own event waits for the mirror
    assert Kind.ARCHIVE not in {finding.kind for finding in report.findings}


def test_compaction_waits_for_nobody_and_an_erasure_for_it(log: Log) -> None:
    mirrored_in_pieces(log)
    with log.sealing() as other, other.mirroring() as mine, Compactor(log) as compactor:
        assert mine
        assert compactor.round() == 0
    with Compactor(log) as compactor:
        assert compactor.round() > 0


def test_the_sealers_process_compacts_by_itself(log: Log) -> None:
    mirrored_in_pieces(log)
    before = rows(log)
    stop = threading.Event()
    runner = threading.Thread(target=run_forever, args=(log, stop))
    runner.start()
    try:
        wait_until(lambda: max(files(log)) <= 4, within_s=150)
    finally:
        stop.set()
        runner.join()
    assert rows(log) == before


@pytest.mark.usefixtures("external")
def test_the_command_says_what_it_did(log: Log, capfd: pytest.CaptureFixture[str]) -> None:
    mirrored_in_pieces(log)
    assert main(["archive", "compact", "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert said["events"]["files_before"] == 8
    assert said["events"]["files_after"] == said["evidence"]["files_after"] == 1
    assert said["evidence"]["rows_rewritten"] >= 80
    assert main(["archive", "compact", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["events"]["rows_rewritten"] == 0
