"""Filling: exactly what happened since the last fill, never into a real log, never of another size."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.config import Settings
from dashboard.demo.fill import Asked, top_up
from dashboard.errors import UsageError
from dashboard.events.event import AuditEvent
from dashboard.record.append import Appended

NOW = datetime(2026, 11, 23, 8, 11, 57, tzinfo=UTC)
SMALL = Asked(3_000, 20, 5)


@dataclass
class Shelf:
    """Takes events as an Appender does, and can be told to break."""

    kept: dict[str | None, AuditEvent] = field(default_factory=dict)
    breaks: bool = False

    def append(self, events: Sequence[AuditEvent]) -> Appended:
        if self.breaks:
            raise ConnectionError
        new = [event for event in events if event.native_id not in self.kept]
        conflicts = tuple(i for i, event in enumerate(events) if self.kept.get(event.native_id, event) != event)
        self.kept.update((event.native_id, event) for event in new)
        return Appended(len(new), len(events) - len(new) - len(conflicts), conflicts, ())


@dataclass
class Log:
    settings: Settings
    demo: bool = True
    log_id: str = "one"
    shelf: Shelf = field(default_factory=Shelf)

    @contextmanager
    def appender(self) -> Iterator[Shelf]:
        yield self.shelf


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(Settings(home=tmp_path))


def test_filling_in_steps_equals_filling_at_once(log: Log, tmp_path: Path) -> None:
    for hours in (0, 0.01, 30, 31):
        top_up(log, SMALL if not hours else Asked(), now=NOW + timedelta(hours=hours))
    once = Log(Settings(home=tmp_path / "other"))
    top_up(once, SMALL, now=NOW)
    top_up(once, Asked(), now=NOW + timedelta(hours=31))
    assert log.shelf.kept == once.shelf.kept
    assert sorted(event.source_seq or 0 for event in log.shelf.kept.values()) == list(range(1, len(log.shelf.kept) + 1))


def test_second_fill_at_the_same_moment_adds_nothing(log: Log) -> None:
    assert top_up(log, SMALL, now=NOW).accepted > 2_800
    assert top_up(log, SMALL, now=NOW).accepted == 0
    assert top_up(log, SMALL, now=NOW - timedelta(days=1)).accepted == 0


def test_interrupted_fill_goes_on_with_the_same_plan(log: Log) -> None:
    log.shelf.breaks = True
    with pytest.raises(ConnectionError):
        top_up(log, SMALL, now=NOW)
    log.shelf.breaks = False
    filled = top_up(log, Asked(), now=NOW + timedelta(days=1))
    assert filled.plan.anchor == NOW.date()
    assert filled.conflicts == 0


def test_lost_state_of_a_batch_gives_duplicates_only(log: Log) -> None:
    top_up(log, SMALL, now=NOW)
    before = (log.settings.home / "demo.json").read_text()
    added = top_up(log, Asked(), now=NOW + timedelta(days=2)).accepted
    (log.settings.home / "demo.json").write_text(before)
    again = top_up(log, Asked(), now=NOW + timedelta(days=2))
    assert (again.accepted, again.duplicates, again.conflicts) == (0, added, 0)


def test_real_log_is_refused(log: Log) -> None:
    log.demo = False
    with pytest.raises(UsageError, match="real one"):
        top_up(log, SMALL, now=NOW)
    assert not log.shelf.kept


@pytest.mark.parametrize("other", [Asked(events=4_000), Asked(days=21), Asked(seed=6)])
def test_another_size_is_refused(log: Log, other: Asked) -> None:
    top_up(log, SMALL, now=NOW)
    with pytest.raises(UsageError, match="can't be made different"):
        top_up(log, other, now=NOW)


@pytest.mark.parametrize("wrong", [Asked(events=0), Asked(events=21_000_000), Asked(days=0), Asked(days=4_000)])
def test_impossible_size_is_refused(log: Log, wrong: Asked) -> None:
    with pytest.raises(UsageError, match="holds 1 to"):
        top_up(log, wrong, now=NOW)


def test_new_database_in_an_old_home_is_filled_from_the_beginning(log: Log) -> None:
    top_up(log, SMALL, now=NOW)
    fresh = Log(log.settings, log_id="two")
    assert top_up(fresh, SMALL, now=NOW).accepted > 2_800


def test_broken_state_is_said(log: Log) -> None:
    log.settings.home.mkdir(exist_ok=True)
    (log.settings.home / "demo.json").write_text("{")
    with pytest.raises(UsageError, match="can't be read"):
        top_up(log, SMALL, now=NOW)
