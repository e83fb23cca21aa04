"""A log of six hundred events to attack, and how a report reads in one line."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.events.event import AuditEvent
from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.ledger.report import Finding, Kind, Report
from tests.attacks import Admin
from tests.log_fixtures import Fill

RETIRE = "insert into retired (month, ranges, rows, digest) values ('2026-11-01', '{[0,300)}', 300, sha256('x'))"
SIZES = (300, 560, 600)  # of the trees that the log below was sealed at


def event(number: int) -> AuditEvent:
    return AuditEvent(
        occurred_at=datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=number),
        category="Auth", action="Logged In", actor=f"person.{number % 7}", source_ip="203.0.113.9",
        description=f'Said "hello" {number}', details='{"n": 1}' if number % 2 else None,
        source="unit", native_id=f"n-{number}", source_seq=number,
    )  # fmt: skip


@pytest.fixture
def fill(request: pytest.FixtureRequest) -> Fill | None:
    """The log of a test that asks for `sealed` is filled."""
    return _fill if "sealed" in request.fixturenames else None


def _fill(log: Log) -> None:
    start = 0
    with log.appender() as appender, Sealer(log) as sealer:
        for size in SIZES:
            appender.append([event(k) for k in range(start, size)])
            sealer.seal()
            if not start:
                sealer.mirror()
            start = size


@pytest.fixture
def sealed(log: Log) -> Log:
    """Six hundred events in three seals, the first mirrored."""
    return log


def damage(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.is_damage]


def said(report: Report) -> list[tuple[Kind, int | None, int | None]]:
    return [(finding.kind, finding.first, finding.last) for finding in report.findings]


def notes(log: Log, admin: Admin) -> list[str]:
    return [str(row[0]) for row in admin.execute("select note from checkpoint order by checkpoint_no")]
