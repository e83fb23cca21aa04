"""The sealer as a child process of the server: kept running, and never left behind."""

import logging
import signal
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Self

from dashboard.errors import Exit

_logger = logging.getLogger("auditlens.sealer")
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 2.0
_HEALTHY_AFTER_S = 5.0
_STOP_WITHIN_S = 20.0
_CRASHES = (-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT)


class SealerProcess:
    """Runs `auditlens seal --forever` with our settings and starts it again when it ends, except when it found damage.

    The child reads a pipe that only we hold: when we are gone, however we went, it reads the end and stops.
    """

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._careful = False
        self._thread = threading.Thread(target=self._keep, name="sealer", daemon=True)

    @property
    def pid(self) -> int | None:
        """The child that runs now."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def _keep(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            began = time.monotonic()
            self._child = subprocess.Popen(
                [sys.executable, "-m", "dashboard", "seal", "--forever", "--until-input-ends", *self._options()],
                stdin=subprocess.PIPE,
            )
            code = self._child.wait()
            if self._child.stdin:
                self._child.stdin.close()
            if self._stopping.is_set():
                return
            if code == Exit.DAMAGED:
                _logger.error("The sealer found damage and stays stopped. Nothing new is sealed until somebody looked.")
                return
            # A damaged GeoIP file can end a process inside its C reader; the one in Python reads on.
            self._careful = self._careful or code in _CRASHES
            if time.monotonic() - began > _HEALTHY_AFTER_S:
                pause_s = _FIRST_PAUSE_S
            _logger.warning("The sealer ended (%s); starting it again.", code)
            self._stopping.wait(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _options(self) -> tuple[str, ...]:
        return ("--careful-regions",) if self._careful else ()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        child = self._child
        if child is not None and child.poll() is None:
            if child.stdin:
                child.stdin.close()
            try:
                child.wait(_STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                child.kill()
        self._thread.join(_STOP_WITHIN_S)
