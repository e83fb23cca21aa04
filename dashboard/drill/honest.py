"""An honest log living on: appends of every shape, seals, mirrors, changed keys: nothing to raise an alarm."""

import random
from datetime import UTC, datetime

from dashboard.events.event import AuditEvent
from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.ledger.signing import rotate


def live_on(log: Log, chance: random.Random) -> list[str]:
    """Does some honest things by chance, and gives the checkpoints that were signed on the way."""
    notes: list[str] = []
    with log.appender() as appender, Sealer(log) as sealer:
        for step in range(chance.randrange(1, 6)):
            appender.append(_some_events(chance, step))
            if chance.random() < 0.8:
                sealer.seal()
                notes.append(_checkpoint(log))
            if chance.random() < 0.3:
                sealer.mirror()
    if chance.random() < 0.2:
        with log.sealing() as record:
            rotate(record, log.sealer_folder())
        notes.append(_checkpoint(log))
    return notes


def _some_events(chance: random.Random, step: int) -> list[AuditEvent]:
    number = chance.choice([1, 3, 40, 300])
    return [
        AuditEvent(
            occurred_at=datetime.now(UTC),
            category="Auth",
            action="Logged In",
            actor=chance.choice([None, "elif.kaya", "jonas.weber", "ðŸ—'\"; drop table"]),
            description=chance.choice(["", "two\nlines", 'quoted "words"', "İstanbul"]),
            source="honest",
            native_id=f"{step}-{k}",
        )
        for k in range(number)
    ]


def _checkpoint(log: Log) -> str:
    reader = log.reader()
    try:
        return reader.checkpoint() or ""
    finally:
        reader.close()
