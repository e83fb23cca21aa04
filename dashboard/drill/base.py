"""The copy that is attacked: some events of the log, or made-up ones, sealed and mirrored in a scratch log."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboard.config import Settings
from dashboard.events.columns import SCHEMA
from dashboard.events.event import AuditEvent
from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.ledger.keys import STATE, TRUSTED
from dashboard.record.read import RecordReader
from dashboard.record.scratch import ScratchServer

EVENTS = 600
_SEALS = 6
_TAKEN = tuple(name for name in SCHEMA if name in AuditEvent.__dataclass_fields__)


def sample(reader: RecordReader) -> list[AuditEvent]:
    """The newest sealed events of a log, at most 600, as a producer would give them; fewer where it holds fewer."""
    size = reader.tree_size()
    rows, _ = reader.sealed_range(max(0, size - EVENTS), size)
    return [
        AuditEvent(
            **{**{name: row[name] for name in _TAKEN}, "description": row["description"] or "", "imported": True}
        )
        for row in rows.select(_TAKEN).iter_rows(named=True)
        if row["actor_type"] != "system" or row["actor"] is None
    ]


def made_up(number: int) -> list[AuditEvent]:
    """Events where the log has none to copy."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        AuditEvent(
            occurred_at=start + timedelta(minutes=k),
            category=("Auth", "Backup", "Repository")[k % 3],
            action=("Logged In", "Backup Completed", "Repository Updated")[k % 3],
            actor=None if k % 3 == 1 else f"person.{k % 17}",
            source_ip=None if k % 3 == 1 else f"192.0.2.{k % 200}",
            description=f"Repository atlas-{k % 29}",
            details=f'{{"run":{k}}}',
            source="drill",
            native_id=f"made-up-{k}",
            imported=True,
        )
        for k in range(number)
    ]


@dataclass(frozen=True, slots=True)
class Base:
    """A sealed, signed and mirrored log to copy for each trial."""

    server: ScratchServer
    name: str
    log_id: str
    size: int
    notes: tuple[str, ...]  # every checkpoint, as copied elsewhere when it was made

    @property
    def folder(self) -> Path:
        return self.server.folder / self.name

    @contextmanager
    def copied(self, to: str) -> Iterator[Log]:
        """A copy of it all: database, archive, sealer's folder; gone after the block."""
        self.server.copy(self.name, to)
        folder = self.server.folder / to
        shutil.copytree(self.folder, folder)
        try:
            yield log_at(self.server, to, self.log_id)
        finally:
            self.server.drop(to)
            shutil.rmtree(folder)


def log_at(server: ScratchServer, name: str, log_id: str) -> Log:
    """The log in a scratch database, its archive and its sealer's folder beside it."""
    folder = server.folder / name
    settings = Settings(home=folder, archive=str(folder / "archive"), ledger=folder / "ledger", geoip_db=None)
    return Log(settings=settings, urls=server.urls(name), log_id=log_id, demo=False, embedded=True)


def without(log: Log, *, memory: bool) -> Log:
    """The log as an observer sees it who has no private key, and the sealer's memory only when asked for."""
    ledger = log.settings.home / ("with-memory" if memory else "without-memory")
    ledger.mkdir(exist_ok=True)
    for name in (TRUSTED, STATE) if memory else (TRUSTED,):
        shutil.copy(log.settings.ledger_folder / name, ledger / name)
    settings = log.settings.model_copy(update={"ledger": ledger})
    return Log(settings=settings, urls=log.urls, log_id=log.log_id, demo=False, embedded=True)


def make_base(server: ScratchServer, events: Sequence[AuditEvent], name: str = "base") -> Base:
    """Appends the events in six seals, each signed, and mirrors all but the last."""
    log_id = server.make(name)
    log = log_at(server, name, log_id)
    notes, size = [], 0
    step = max(1, len(events) // _SEALS)
    with log.appender() as appender, Sealer(log) as sealer:
        for start in range(0, len(events), step):
            appender.append(list(events[start : start + step]))
            size = sealer.seal().tree_size or 0
            notes.append(_newest(log))
            if start + 2 * step >= len(events):
                sealer.mirror()
    return Base(server, name, log_id, size, tuple(notes))


def _newest(log: Log) -> str:
    reader = log.reader()
    try:
        return reader.checkpoint() or ""
    finally:
        reader.close()
