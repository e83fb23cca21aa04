"""The opened log, one for the process: pages and routes ask it for an engine and for how things stand."""

import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

import streamlit as st

from dashboard.config import Settings
from dashboard.query.engine import Engine

_STATUS_SECONDS = 0.4  # many sessions look each second; the log is asked at most this often


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

    def engine(self, as_of: int | None = None) -> Engine:
        """The engine that answers as of this state, or of the newest. Raises UsageError for a state to come."""

    def status(self) -> Status:
        """How the log stands now, at most half a second old."""

    def close(self) -> None:
        """Gives back what it holds."""


class RememberedStatus:
    """Asks for the status at most every 0.4 s, whoever wants to know."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._status: Status | None = None
        self._asked = 0.0

    def get(self, ask: "AskStatus") -> Status:
        with self._lock:
            if self._status is None or time.monotonic() - self._asked > _STATUS_SECONDS:
                self._status = ask()
                self._asked = time.monotonic()
            return self._status


class AskStatus(Protocol):
    def __call__(self) -> Status: ...


def current() -> Service:
    """The log of the environment's settings, opened when first asked for."""
    return _opened(Settings().model_dump_json())


def close() -> None:
    """Closes what `current` opened."""
    service = _opened(Settings().model_dump_json())
    _opened.clear()
    service.close()


@st.cache_resource(show_spinner=False, max_entries=1)
def _opened(settings: str) -> Service:  # the key: other settings, other log
    return open_service(ExitStack())


def open_service(held: ExitStack) -> Service:
    """Opens the log of the settings. Tests put a log of their own here."""
    from dashboard.web.log_service import LogService  # noqa: PLC0415 - tests without a database never load it

    return LogService(held)
