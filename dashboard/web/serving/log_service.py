"""The service over the log of the settings: opened once, closed with the server."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import IO

from dashboard.config import Settings
from dashboard.errors import UsageError
from dashboard.events.event import AuditEvent
from dashboard.events.filter import EventFilter
from dashboard.events.regions import Regions, find_database
from dashboard.export import evidence
from dashboard.keeping.anchoring import anchor_now
from dashboard.keeping.integrity import Integrity, IntegrityReader
from dashboard.keeping.log import Log, open_log
from dashboard.keeping.own_events import CATEGORY, SOURCE
from dashboard.keeping.places import Rows, rows_at
from dashboard.keeping.sealer import Sealer, catch_up
from dashboard.ledger.report import Finding
from dashboard.query.engine import Engine
from dashboard.query.opening import Questions
from dashboard.query.warming import warming
from dashboard.record.kept import ACKNOWLEDGED, KeptRecord, Piece, Place
from dashboard.record.saved_views import SavedViews
from dashboard.web.integrity.verify_pass import Pass, VerifyPass, VerifyProcess
from dashboard.web.serving.service import INTEGRITY_SECONDS, STATUS_SECONDS, Remembered, Status

_DAY = timedelta(hours=24)
_TIMELINE_SECONDS = 20.0
_PATIENCE_S = 5.0  # while another process sends copies


class LogService:
    """Holds one opened log and its engines, which sessions share."""

    def __init__(self, held: ExitStack) -> None:
        self._held = held
        settings = Settings()
        self._log: Log = held.enter_context(open_log(settings))
        self._questions = Questions(self._log)
        held.callback(self._questions.close)
        if settings.engine == "polars":
            held.callback(warming(self._questions))
        self._record = self._questions.events.record
        self.saved = SavedViews(self._record, self._log.urls.writer)
        self._status = Remembered(STATUS_SECONDS, self._ask)
        self._integrity = Remembered(INTEGRITY_SECONDS, IntegrityReader(self._log, self._record).read)
        self._timeline = Remembered(_TIMELINE_SECONDS, self._ask_timeline)
        self._verification = VerifyPass(VerifyProcess())
        with Regions.open(find_database(settings)) as regions:
            self.geo_problem = regions.problem

    @property
    def log_id(self) -> str:
        return self._log.log_id

    @property
    def demo(self) -> bool:
        return self._log.demo

    @property
    def zone(self) -> str:
        return self._log.settings.zone

    def engine(self, as_of: int | None = None) -> Engine:
        return self._questions.engine(as_of)

    def status(self) -> Status:
        return self._status.get()

    def _ask(self) -> Status:
        waiting = self._questions.events.waiting()
        return Status(self._questions.engine().as_of, waiting.events, waiting.oldest_seconds)

    def integrity(self) -> Integrity:
        return self._integrity.get()

    def timeline(self) -> Sequence[Piece]:
        return self._timeline.get()

    def _ask_timeline(self) -> Sequence[Piece]:
        with KeptRecord.of(self._record) as record:
            return record.timeline(datetime.now(UTC) - _DAY)

    def cannot_seal(self) -> str | None:
        if not self._log.urls.sealer:
            return "This server has no database login for the sealer."
        if not self._log.sealer_folder().holds_key:
            return "The sealer's key is not on this host."
        return None

    def seal_now(self) -> str:
        if (why := self.cannot_seal()) is not None:
            raise UsageError(why, "Run `auditlens seal` on the host that holds the key.")
        with Sealer(self._log) as sealer:
            sealed = sealer.seal().events
        sent = anchor_now(self._log, patience_s=_PATIENCE_S)
        self._integrity.forget()
        said = f"{sealed:,} sealed and signed" if sealed else "All is sealed"
        received = sum(one.receipt is not None for one in sent)
        return f"{said}, copies sent to {received} of {len(sent)} places." if sent else f"{said}."

    def verify_now(self) -> None:
        self._verification.start()

    def verifying(self) -> Pass:
        return self._verification.state

    def acknowledge(self, finding: Finding, who: str, reason: str) -> None:
        event = AuditEvent(
            occurred_at=datetime.now(UTC), category=CATEGORY, action="Finding Acknowledged", outcome="success",  # type: ignore[arg-type]  # its text
            actor=who, actor_type="admin",  # type: ignore[arg-type]  # its text
            description=reason, target=finding.kind, source=SOURCE, native_id=f"{ACKNOWLEDGED}{finding.name}",
        )  # fmt: skip
        with self._log.appender() as appender:
            done = appender.append([event])
        if not done.accepted:
            raise UsageError("This finding was acknowledged before.", "The event of it is in the log.")
        if self.cannot_seal() is None:
            catch_up(self._log)
        self._integrity.forget()

    def rows_at(self, seq: int) -> Rows:
        return rows_at(self._log, self._record, seq)

    def place(self, event_id: int) -> Place | None:
        with KeptRecord.of(self._record) as record:
            return record.place(event_id)

    def proof(self, event_id: int) -> str:
        return evidence.prove(self._log, event_id)

    def evidence(self, wanted: EventFilter, as_of: int) -> Callable[[IO[bytes]], object]:
        return lambda file: evidence.write_evidence(self._log, file, wanted, as_of=as_of)

    def close(self) -> None:
        self._verification.stop()
        self._held.close()
