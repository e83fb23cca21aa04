"""What a batch saves. Nothing here asserts a time: `make bench` prints it."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.events.event import AuditEvent
from dashboard.keeping.log import Log

pytestmark = pytest.mark.bench

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


def test_one_batch_beside_one_by_one(log: Log) -> None:
    with log.appender() as appender:
        began = time.perf_counter()
        appender.append([event(k) for k in range(SINGLE)])
        batch_s = time.perf_counter() - began
        for k in range(SINGLE, 2 * SINGLE):
            appender.append([event(k)])
        singles_s = time.perf_counter() - began - batch_s
    print(f"\nappending {SINGLE:,} events: in one batch {batch_s * 1e3:.0f} ms, one by one {singles_s * 1e3:.0f} ms")
