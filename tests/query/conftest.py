"""One log of odd events, seen by both engines."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.config import Settings
from dashboard.events.event import AuditEvent
from dashboard.events.vocabulary import ActorType, Outcome
from dashboard.keeping.log import Log, embedded_urls
from dashboard.keeping.sealer import Sealer
from dashboard.query.opening import Questions
from dashboard.query.polars_engine import PolarsEngine
from dashboard.query.record_engine import RecordEngine
from dashboard.record.connect import Urls
from tests.log_fixtures import TestServer

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
EVENTS = 600

TEXTS = (
    "plain", "(none)", "\\(none)", "\\", "a%b", "a_b", "axb", "O'Brien \"x\"", "İstanbul", "istanbul",
    "ISTANBUL", "ıstanbul",
    "ΟΔΟΣ", "οδος", "οδοσ", "👩‍💻🔥", "𝒜stral", "Zürich", "ZÜRICH", "ß", "ẞ", "K2", "k2", "ﬁ", "x\u0301", "a\nb",
    "a\tb", "=1+1",
    "日本語", "\u202eevil", "\x1b[31m", " ", "{[(*.?$^|", "DROP TABLE sealed; --", "ſ", "\ufeff",
)  # fmt: skip
ADDRESSES = (
    "10.0.0.1", "10.0.0.2", "10.0.1.1", "10.1.0.1", "192.168.0.255", "8.8.8.8", "2001:db8::1",
    "2001:db8:0:1:1:1:1:1", "fe80::1",
    "::1", "::", "::1.2.3.4", "::ffff", "2001:db8::1:0:0:1", "ffff::",
)  # fmt: skip
CATEGORIES = ("Auth", "auth", "User", "Backup", "İç", "(none)", "\\x")
ACTIONS = ("Login Failed", "Logged In", "Backup Completed", "login failed", "%")


def odd_events(count: int = EVENTS, seed: int = 7) -> list[AuditEvent]:
    """Events of every kind of text, address and time; the same for the same seed."""
    chance = random.Random(seed)

    def perhaps(values: tuple[str, ...]) -> str | None:
        return chance.choice(values) if chance.random() < 0.8 else None

    def event(number: int) -> AuditEvent:
        actor = perhaps(TEXTS)
        return AuditEvent(
            occurred_at=NOW - chance.choice([timedelta(minutes=1), timedelta(days=40)]) * (chance.randrange(30) / 10),
            category=chance.choice(CATEGORIES),
            action=chance.choice(ACTIONS),
            actor=actor,
            actor_type=None if actor is None else chance.choice([ActorType.USER, ActorType.TOKEN]),
            outcome=chance.choice(list(Outcome)),
            description=" ".join(chance.choices(TEXTS, k=2)),
            target=perhaps(TEXTS),
            source_ip=perhaps(ADDRESSES),
            reported_region=perhaps((*TEXTS[:20], "Istanbul")),
            source=chance.choice(("app", "App", "“x”")),
            source_seq=number if chance.random() < 0.5 else None,
            details=perhaps(('{"a": 1}', '{"é": "\\u0000"}')),
            imported=chance.random() < 0.5,
        )

    return [event(number) for number in range(count)]


@dataclass(frozen=True)
class Both:
    """The two engines on one state, at one moment."""

    polars: PolarsEngine
    postgres: RecordEngine

    def __iter__(self) -> Iterator[PolarsEngine | RecordEngine]:
        return iter((self.polars, self.postgres))


@pytest.fixture(scope="session")
def odd_log(server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Log:
    """A log of odd events, a part of them mirrored."""
    server.clone("odd_log")
    parts = {part: server.url(f"auditlens_{part}", "odd_log") for part in ("writer", "reader", "sealer", "redactor")}
    home = tmp_path_factory.mktemp("odd")
    settings = Settings(home=home, archive=str(home / "archive"))
    admin = embedded_urls(server.endpoint).admin
    probe = Log(settings=settings, urls=Urls(admin=admin, **parts), log_id="", demo=False, embedded=True)
    reader = probe.reader()
    log_id = reader.identity().log_id
    reader.close()
    log = Log(settings=settings, urls=probe.urls, log_id=log_id, demo=False, embedded=True)
    events = odd_events()
    with log.appender() as appender, Sealer(log) as sealer:
        appender.append(events[: EVENTS // 2])
        sealer.seal()
        sealer.mirror()
        appender.append(events[EVENTS // 2 :])
        sealer.seal()
    return log


@pytest.fixture(scope="session")
def both(odd_log: Log) -> Iterator[Both]:
    """Both engines on the newest state of the odd log."""
    questions = Questions(odd_log)
    snapshot = questions.events.snapshot()
    yield Both(PolarsEngine(snapshot, NOW), RecordEngine(questions.events.record, snapshot.as_of, NOW))
    questions.close()
