"""Sinks and time that do as a test says, and logs that grow."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.ledger.sinks import Receipt, Sending
from dashboard.ledger.sinks.sending import failed
from tests.record.test_append import login


@dataclass
class Stub:
    """A sink that does as the test says and remembers what it got."""

    name: str = "stub:a"
    kind: str = "file"
    place: str = "a"
    every_s: float | None = None
    down: bool = False
    got: list[Sending] = field(default_factory=list)

    def publish(self, sending: Sending) -> Receipt:
        if self.down:
            raise failed(self.name, "it is down", "Wait.")
        self.got.append(sending)
        return {"number": len(self.got)}

    def copies(self) -> Iterator[str]:
        if self.down:
            raise failed(self.name, "it is down")
        yield from (sending.note for sending in reversed(self.got))


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def with_sinks(log: Log, urls: str, **more: object) -> Log:
    return replace(log, settings=log.settings.model_copy(update={"anchors": SecretStr(urls), **more}))


def grow(log: Log, start: int, stop: int) -> None:
    with log.appender() as appender, Sealer(log) as sealer:
        appender.append([login(k) for k in range(start, stop)])
        sealer.seal()
