"""One pass of verification for the whole server: started once, watched by every session, in a process of its own."""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from dashboard.errors import UnreachableError
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


class Verifying(Protocol):
    """What runs a pass."""

    def run(self, progress: Progress) -> Outcome:
        """Runs it to its end. Raises AuditlensError."""

    def stop(self) -> None:
        """Ends the one that runs, with an error."""


class VerifyPass:
    """Runs a pass at a time. Safe to share between threads."""

    def __init__(self, verifying: Verifying) -> None:
        self._verifying = verifying
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

    def stop(self) -> None:
        """Ends the pass that runs."""
        if self.state.running:
            self._verifying.stop()
            self.wait(10.0)

    def _run(self) -> None:
        outcome, wrong = None, "It ended unexpectedly."
        try:
            outcome = self._verifying.run(self._advance)
        except UnreachableError as error:
            wrong = str(error)
        finally:
            with self._lock:
                ended = replace(self._pass, running=False, ended=datetime.now(UTC))
                self._pass = replace(ended, outcome=outcome, wrong=None if outcome else wrong)

    def _advance(self, done: int, total: int) -> None:
        with self._lock:
            self._pass = replace(self._pass, done=done, total=total)


class VerifyProcess:
    """A pass as a child process with our settings."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None

    def run(self, progress: Progress) -> Outcome:
        """Runs it to its end. Raises UnreachableError when it comes to none."""
        command = [sys.executable, "-m", "dashboard.keeping.verify_child"]
        last: Mapping[str, Any] = {}
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as child:
            self._child = child
            assert child.stdout is not None
            for line in child.stdout:
                with suppress(ValueError):
                    last = json.loads(line)
                if "total" in last:
                    progress(last["done"], last["total"])
        if "report" in last:
            return Outcome(report=Report.from_json(last["report"]), not_kept=last["not_kept"])
        raise UnreachableError(last.get("wrong", "The process of the pass ended; the server's log may say why."))

    def stop(self) -> None:
        """Ends the child, if one runs."""
        if self._child is not None:
            self._child.terminate()
