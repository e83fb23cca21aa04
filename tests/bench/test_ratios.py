"""What our way costs against another, in one run, as ratios. Nothing here asserts a time: `make bench` prints them."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from dashboard.events.event import AuditEvent
from dashboard.events.filter import EventFilter
from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.query import views
from dashboard.query.polars_engine import PolarsEngine
from dashboard.query.record_engine import RecordEngine
from dashboard.query.sort import Sort
from dashboard.record.append import in_batches

pytestmark = pytest.mark.bench

EVENTS = int(os.environ.get("BENCH_EVENTS", "200000"))
SINGLE = 2_000
START = datetime(2026, 1, 1, tzinfo=UTC)


def event(number: int) -> AuditEvent:
    kind = number % 4
    return AuditEvent(
        occurred_at=START + timedelta(seconds=40 * number),
        category=("Auth", "Auth", "Backup", "Repository")[kind],
        action=("Logged In", "Login Failed", "Backup Completed", "Repository Updated")[kind],
        actor=f"person.{number % 500}",
        description=f"Repository acme/web-{number % 997}, run {number}",
        source_ip=f"81.2.{number % 250}.{number % 199}",
        reported_region=("Istanbul", "London", "Berlin")[number % 3],
        imported=True,
    )


def seconds(act: Callable[[], object], times: int = 3) -> float:
    """The best of some runs."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        act()
        best = min(best, time.perf_counter() - start)
    return best


@contextmanager
def table(title: str, columns: tuple[str, str]) -> Iterator[Callable[[str, float, float], None]]:
    print(f"\n{title}\n{'':34}{columns[0]:>14}{columns[1]:>14}{'ratio':>9}")

    def row(name: str, ours: float, other: float) -> None:
        print(f"{name:34}{ours * 1e3:11.2f} ms{other * 1e3:11.2f} ms{other / ours:8.1f}x")

    yield row


def test_appending_and_asking(log: Log) -> None:
    with log.appender() as appender, table(f"appending, {SINGLE:,} events", ("one batch", "one by one")) as row:
        batch = [event(EVENTS + k) for k in range(SINGLE)]
        ours = seconds(lambda: appender.append(batch), times=1)
        singles = [event(EVENTS + SINGLE + k) for k in range(SINGLE)]
        row("append", ours, seconds(lambda: [appender.append([each]) for each in singles], times=1))
    with log.appender() as appender, Sealer(log) as sealer:
        for part in in_batches(map(event, range(EVENTS))):
            appender.append(part)
        sealer.seal()
        sealer.mirror()
    with psycopg.connect(log.urls.sealer) as connection:
        assert connection.execute("select count(*) from sealed").fetchone() == (EVENTS + 2 * SINGLE,)
    reader = log.events()
    polars, record = PolarsEngine(reader.snapshot()), RecordEngine(reader.record, reader.snapshot().as_of)
    month = EventFilter(since=START, until=START + timedelta(days=30))
    questions: dict[str, Callable[[PolarsEngine | RecordEngine], object]] = {
        "actions over time, everything": lambda engine: views.actions_over_time(engine, EventFilter()),
        "actions over time, a month": lambda engine: views.actions_over_time(engine, month),
        "failed logins by region": lambda engine: views.failed_logins_by_region(engine, EventFilter()),
        "search, counted": lambda engine: views.count(engine, EventFilter(search=("web-99",))),
        "sorted by actor, first page": lambda engine: views.log_page(engine, EventFilter(), Sort("actor")),
        "a page half-way down": lambda engine: views.log_page(engine, EventFilter(), offset=EVENTS // 2),
        "facets of actors": lambda engine: views.facets(engine, EventFilter(), "actor"),
    }
    with table(f"questions, {EVENTS:,} events", ("archive", "PostgreSQL")) as row:
        for name, ask in questions.items():
            row(name, seconds(lambda ask=ask: ask(polars)), seconds(lambda ask=ask: ask(record)))  # type: ignore[misc]
    reader.close()
