"""Archive and tail together are the record, state by state, whatever has been mirrored."""

import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.archive import EventsReader
from dashboard.archive.table import ArchiveTable
from dashboard.errors import DamagedError, UnreachableError, UsageError
from dashboard.events.columns import SCHEMA
from dashboard.events.event import AuditEvent
from dashboard.keeping.log import Log
from dashboard.keeping.mirror import mirror
from dashboard.keeping.sealer import Sealer
from tests.record.test_append import login
from tests.thorough import cases

HOSTILE = [
    "",
    '"',
    '""',
    ",",
    "a\nb",
    "a\r\nb",
    "\\",
    "\\N",
    "\\.",
    "'",
    "null",
    "NULL",
    "\t",
    " x ",
    "😀",
    "\u202ex",
    "\x01",
    "\x7f",
    "İstanbul",
    "=1+1",
    "—",
]


def ids(reader: EventsReader, as_of: int | None = None) -> list[int]:
    return reader.snapshot(as_of).events.sort("seq").select("id").collect()["id"].to_list()


def test_every_state_can_be_looked_at_whatever_is_mirrored(log: Log) -> None:
    reader = log.events()
    with log.appender() as appender, Sealer(log) as sealer:
        everything: list[int] = []
        for k in range(6):
            everything += appender.append([login(10 * k + j) for j in range(10)]).ids
            sealer.seal()
            if k % 2:
                assert sealer.mirror() == 20
            assert ids(reader) == everything
            for as_of in range(0, len(everything) + 1, 7):
                assert ids(reader, as_of) == everything[:as_of]
                with closing(log.events()) as fresh:
                    assert ids(fresh, as_of) == everything[:as_of]
    with pytest.raises(UsageError, match="no state as of 61"):
        reader.snapshot(61)
    reader.close()


def test_an_unsealed_event_is_waiting_and_not_in_events(log: Log) -> None:
    reader = log.events()
    with log.appender() as appender:
        appender.append([login(1), login(2)])
    assert ids(reader) == []
    assert reader.waiting().events == 2
    with Sealer(log) as sealer:
        sealer.seal()
    assert len(ids(reader)) == 2
    assert reader.waiting().events == 0
    reader.close()


def test_archive_and_tail_have_the_declared_schema_also_when_empty(log: Log, filled: Callable[..., Log]) -> None:
    reader = log.events()
    assert reader.snapshot().events.collect_schema() == pl.Schema(SCHEMA)
    filled([login(k) for k in range(20)], mirrored=10)
    assert reader.snapshot().events.collect_schema() == pl.Schema(SCHEMA)
    assert reader.snapshot().events.collect().schema == pl.Schema(SCHEMA)
    reader.close()


@pytest.mark.parametrize("mirrored", [0, len(HOSTILE) * 2])
def test_text_comes_back_as_it_was(log: Log, filled: Callable[..., Log], mirrored: int) -> None:
    events = [
        login(k, actor=text, description=text[::-1], target=text, user_agent=text, details=text or None)
        for k, text in enumerate(HOSTILE * 2)
    ]
    reader = filled(events, mirrored=mirrored).events()
    frame = reader.snapshot().events.sort("seq").collect()
    assert frame["actor"].to_list() == [event.actor for event in events]
    assert frame["description"].to_list() == [event.description for event in events]
    assert frame["details"].to_list() == [event.details for event in events]
    assert frame["occurred_at"].to_list() == [event.occurred_at for event in events]
    reader.close()


@settings(max_examples=cases(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.one_of(st.none(), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)),
        min_size=1,
        max_size=30,
    )
)
def test_any_text_and_null_survive_the_way_through_copy(log: Log, texts: list[str | None]) -> None:
    with log.appender() as appender, Sealer(log) as sealer:
        reader = log.reader()
        start = reader.tree_size()
        now = datetime.now(UTC)
        appender.append(
            [
                AuditEvent(occurred_at=now + timedelta(microseconds=k), category="c", action="a", target=text)
                for k, text in enumerate(texts)
            ]
        )
        sealer.seal()
        rows, _ = reader.sealed_range(start, reader.tree_size())
        assert rows["target"].to_list() == texts
        reader.close()


def test_a_range_is_mirrored_once_and_in_order(log: Log, filled: Callable[..., Log]) -> None:
    filled([login(k) for k in range(10)])
    reader, events, evidence = log.reader(), log.events_table(), log.evidence_table()
    assert mirror(reader, events, evidence, limit=4) == 10
    assert mirror(reader, events, evidence) == 0
    rows, _ = reader.sealed_range(0, 4)
    with pytest.raises(DamagedError, match="would not follow"):
        events.append(rows, 0, 4)
    assert events.scan().collect().height == evidence.scan().collect().height == 10
    reader.close()


def test_two_mirrors_at_once_write_a_range_once(
    log: Log, filled: Callable[..., Log], monkeypatch: pytest.MonkeyPatch
) -> None:
    filled([login(n) for n in range(10)], mirrored=5)
    one, other = log.events_table(), log.events_table()
    reader = log.reader()
    rows, _ = reader.sealed_range(5, 10)
    reader.close()
    other.refresh()
    one.append(rows, 5, 10)
    monkeypatch.setattr(other, "refresh", lambda: False)  # it looked a moment before the first one committed
    with pytest.raises(UnreachableError):
        other.append(rows, 5, 10)
    one.refresh()
    assert one.scan().collect().height == 10


def test_a_crash_between_the_two_tables_is_made_good(log: Log, filled: Callable[..., Log]) -> None:
    filled([login(k) for k in range(10)])
    reader, events, evidence = log.reader(), log.events_table(), log.evidence_table()
    _, proofs = reader.sealed_range(0, 4)
    evidence.append(proofs, 0, 4)  # ... and the process ends here
    assert mirror(reader, events, evidence) == 10
    assert sorted(events.scan().collect()["seq"]) == sorted(evidence.scan().collect()["seq"]) == list(range(10))
    reader.close()


def test_an_archive_of_another_log_is_refused(log: Log, filled: Callable[..., Log]) -> None:
    filled([login(1)], mirrored=1)
    foreign = ArchiveTable(log.settings.archive_location, "events", SCHEMA, "00000000-0000-0000-0000-000000000000")
    with pytest.raises(DamagedError, match="belongs to log"):
        foreign.refresh()


def test_an_archive_that_lost_a_file_is_damaged_and_is_written_anew_once_out_of_the_way(
    log: Log, filled: Callable[..., Log]
) -> None:
    filled([login(n) for n in range(10)], mirrored=10)
    lost = next((Path(log.settings.archive_location) / "events").glob("*.parquet"))
    lost.unlink()
    with closing(log.events()) as reader, pytest.raises(DamagedError, match="lacks 1 of its 1 files"):
        reader.snapshot()
    shutil.rmtree(Path(log.settings.archive_location) / "events")
    with Sealer(log) as sealer:
        assert sealer.mirror() == 10
    with closing(log.events()) as reader:
        assert len(ids(reader)) == 10


def test_what_the_archives_library_says_is_cut_to_one_line(log: Log, filled: Callable[..., Log]) -> None:
    filled([login()], mirrored=1)
    for commit in (Path(log.settings.archive_location) / "events" / "_delta_log").glob("*.json"):
        commit.write_text("{nonsense")
    with closing(log.events()) as reader, pytest.raises(UnreachableError) as refused:
        reader.snapshot()
    assert "\n" not in refused.value.message


def test_a_database_that_was_rolled_back_is_found(
    log: Log, filled: Callable[..., Log], admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    filled([login(k) for k in range(5)], mirrored=5)
    for table in ("seal", "sealed"):
        admin.execute(f"alter table {table} disable trigger all".encode())
        admin.execute(f"delete from {table}".encode())
    reader = log.events()
    with pytest.raises(DamagedError, match="the database has sealed only 0"):
        reader.snapshot()
    reader.close()


def test_sealed_events_that_are_gone_from_the_record_are_found(
    log: Log, filled: Callable[..., Log], admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    filled([login(k) for k in range(5)])
    admin.execute("alter table audit_event disable trigger all")
    admin.execute("delete from audit_event where id = (select min(id) from audit_event)")
    reader = log.events()
    with pytest.raises(DamagedError, match="holds 4 of the 5 events"):
        reader.snapshot()
    reader.close()


def test_a_claimed_time_that_cant_be_right_has_a_mark(log: Log, filled: Callable[..., Log]) -> None:
    now = datetime.now(UTC)
    ages = {
        timedelta(minutes=10): "ahead",
        timedelta(minutes=2): None,
        timedelta(): None,
        timedelta(minutes=-50): None,
        timedelta(hours=-2): "behind",
    }
    events = [login(occurred_at=now + age) for age in ages] + [
        login(occurred_at=now - timedelta(days=9), imported=True)
    ]
    reader = filled(events, mirrored=3).events()
    assert reader.snapshot().events.sort("seq").collect()["clock"].to_list() == [*ages.values(), None]
    reader.close()
