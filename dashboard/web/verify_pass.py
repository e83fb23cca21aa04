"""One pass of verification for the whole server: started once, watched by every session."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dashboard.errors import AuditlensError
from dashboard.ledger.report import Report

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a pass said, and why its report is not kept where that is so."""

    report: Report
    not_kept: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """The pass that runs, or ran last."""

    running: bool = False
    done: int = 0
    total: int = 0
    began: datetime | None = None
    ended: datetime | None = None
    outcome: Outcome | None = None
    wrong: str | None = None  # why it came to no end


class VerifyPass:
    """Runs `verify` in a thread of its own. Safe to share between threads."""

    def __init__(self, verify: Callable[[Progress], Outcome]) -> None:
        self._verify = verify
        self._lock = threading.Lock()
        self._pass = Pass()
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> Pass:
        """How far it is."""
        with self._lock:
            return self._pass

    def start(self) -> None:
        """Begins a pass, unless one runs."""
        with self._lock:
            if self._pass.running:
                return
            self._pass = Pass(running=True, began=datetime.now(UTC))
            self._thread = threading.Thread(target=self._run, name="verify", daemon=True)
            self._thread.start()

    def wait(self, seconds: float) -> None:
        """Waits for the end of the pass."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        try:
            outcome = self._verify(self._advance)
        except AuditlensError as wrong:
            self._end(wrong=str(wrong))
        except BaseException:
            self._end(wrong="The pass failed; its trace is in the server's log.")
            log.exception("A pass of verification failed")
            raise
        else:
            self._end(outcome=outcome)

    def _advance(self, done: int, total: int) -> None:
        with self._lock:
            self._pass = replace(self._pass, done=done, total=total)

    def _end(self, outcome: Outcome | None = None, wrong: str | None = None) -> None:
        with self._lock:
            self._pass = replace(self._pass, running=False, ended=datetime.now(UTC), outcome=outcome, wrong=wrong)
