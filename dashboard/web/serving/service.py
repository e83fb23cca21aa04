"""The opened log, one for the process: pages and routes ask it for an engine and for how things stand."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, Generic, Protocol, TypeVar

import streamlit as st

from dashboard.events.filter import EventFilter
from dashboard.keeping.integrity import Integrity
from dashboard.keeping.places import Rows
from dashboard.ledger.report import Finding
from dashboard.query.engine import Engine
from dashboard.record.kept import Piece, Place
from dashboard.record.saved_views import SavedViews
from dashboard.web.integrity.verify_pass import Pass

STATUS_SECONDS = 0.4  # many sessions look each second; the log is asked at most this often
INTEGRITY_SECONDS = 2.0  # the same, for the badge

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Status:
    """How the log stands."""

    as_of: int  # the newest state: this many events are sealed
    waiting: int  # recorded, not sealed yet
    oldest_seconds: float  # how long the oldest of them waits


class Service(Protocol):
    """What pages and routes may know of a log."""

    @property
    def log_id(self) -> str:
        """Which log it is: a part of each cache's key."""

    @property
    def demo(self) -> bool:
        """Whether its events are invented."""

    @property
    def geo_problem(self) -> str | None:
        """What is wrong with the GeoIP database, as a sentence; None when regions are known."""

    @property
    def zone(self) -> str:
        """The organisation's time zone; empty when it is not set."""

    @property
    def saved(self) -> SavedViews:
        """What readers keep of their own."""

    def engine(self, as_of: int | None = None) -> Engine:
        """The engine that answers as of this state, or of the newest. Raises UsageError for a state to come."""

    def status(self) -> Status:
        """How the log stands now, at most half a second old."""

    def integrity(self) -> Integrity:
        """What the log says of itself, at most some two seconds old."""

    def timeline(self) -> Sequence[Piece]:
        """What happened to the log in the last 24 hours, in pieces of five minutes."""

    def cannot_seal(self) -> str | None:
        """Why this server can't seal; None when it can."""

    def seal_now(self) -> str:
        """Seals, signs and copies what waits; says what was done."""

    def verify_now(self) -> None:
        """Begins a full pass of verification, unless one runs."""

    def verifying(self) -> Pass:
        """The pass that runs, or ran last."""

    def acknowledge(self, finding: Finding, who: str, reason: str) -> None:
        """Appends the event that makes a finding a known one. Raises UsageError when it was acknowledged before."""

    def rows_at(self, seq: int) -> Rows:
        """What the database and the archive hold at a place of the log now."""

    def place(self, event_id: int) -> Place | None:
        """Where an event stands in the log; None when it is not sealed."""

    def proof(self, event_id: int) -> str:
        """The tlog-proof of an event. Raises UsageError, UnreachableError while it is not signed, DamagedError."""

    def evidence(self, wanted: EventFilter, as_of: int) -> Callable[[IO[bytes]], object]:
        """What writes the zip that proves all events of a filter. It raises as `proof` does."""

    def close(self) -> None:
        """Gives back what it holds."""


class Remembered(Generic[T]):
    """An answer, asked for at most every so many seconds, whoever wants to know."""

    def __init__(self, seconds: float, ask: Callable[[], T]) -> None:
        self._seconds, self._ask = seconds, ask
        self._lock = threading.Lock()
        self._answer: T | None = None
        self._asked = 0.0

    def get(self) -> T:
        with self._lock:
            if self._answer is None or time.monotonic() - self._asked > self._seconds:
                self._answer = self._ask()
                self._asked = time.monotonic()
            return self._answer

    def forget(self) -> None:
        """The next answer is asked for."""
        with self._lock:
            self._answer = None


def current() -> Service:
    """The log of the environment's settings, opened when first asked for: each run of a page asks several times."""
    return _opened()


def close() -> None:
    """Closes what `current` opened."""
    service = _opened()
    _opened.clear()
    service.close()


@st.cache_resource(show_spinner=False, max_entries=1)
def _opened() -> Service:
    return open_service(ExitStack())


def open_service(held: ExitStack) -> Service:
    """Opens the log of the settings. Tests put a log of their own here."""
    from dashboard.web.serving.log_service import LogService  # noqa: PLC0415 - tests without a database never load it

    return LogService(held)
