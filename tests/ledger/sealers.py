"""Sealers to be killed. `python -m tests.ledger.sealers` keeps forking them, a line on standard input each: a program
started anew would spend its short life on imports.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from dashboard.config import Settings
from dashboard.errors import AuditlensError
from dashboard.keeping import sealer
from dashboard.keeping.log import Log
from dashboard.record.connect import Urls
from dashboard.record.sealing import Seal, SealingRecord

ANYWHERE, IN_THE_SEAL, BEFORE_SIGNING, BEFORE_THE_NOTE = "anywhere", "in the seal", "before signing", "before the note"
SEAMS = (IN_THE_SEAL, BEFORE_SIGNING, BEFORE_THE_NOTE)
"""Where a sealer kills itself: with rows written and the transaction open, with the seal committed and not signed, with
the memory written and the note not yet kept.
"""


class Nursery:
    """Starts sealers of one log."""

    def __init__(self, process: "subprocess.Popen[str]", log: Log) -> None:
        self._process = process
        self._errors = log.settings.home / "sealers.txt"
        self._alive: set[int] = set()

    def start(self, seam: str = ANYWHERE) -> int:
        """Gives the process id of a new sealer once it is about to seal."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{seam}\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        self._alive.add(pid)
        return pid

    def kill(self, pid: int) -> None:
        """Ends a sealer of ours as kill -9 does; it may have done that itself."""
        self._alive.remove(pid)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def kill_all(self) -> None:
        for pid in tuple(self._alive):
            self.kill(pid)

    @property
    def errors(self) -> str:
        """What sealers complained of."""
        return self._errors.read_text("utf-8") if self._errors.exists() else ""


@contextmanager
def nursery(log: Log) -> Iterator[Nursery]:
    """Sealers of the log, for the block; none outlives it."""
    given = {part: log.urls.of(part) for part in ("reader", "sealer")}
    known = json.dumps({"urls": given, "home": str(log.settings.home), "log_id": log.log_id})
    command = [sys.executable, "-m", "tests.ledger.sealers", known]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        here = Nursery(process, log)
        try:
            yield here
        finally:
            here.kill_all()


def main(known: str) -> None:
    """Forks a sealer for each line of standard input; it prints its process id."""
    told = json.loads(known)
    home = Path(told["home"])
    settings = Settings(home=home, archive=str(home / "archive"))
    log = Log(settings=settings, urls=Urls(**told["urls"]), log_id=told["log_id"], demo=False, embedded=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        if os.fork() == 0:
            _live(log, line.strip())


def _live(log: Log, seam: str) -> NoReturn:
    """Seals and signs without a pause until killed, or until the nursery is gone."""
    nursery_pid = os.getppid()
    if seam == IN_THE_SEAL:
        Seal.write_tree = _die  # type: ignore[method-assign,assignment]
    elif seam == BEFORE_SIGNING:
        sealer.sign_pending = _die  # type: ignore[assignment,attr-defined]
    elif seam == BEFORE_THE_NOTE:
        SealingRecord.keep_checkpoint = _die  # type: ignore[method-assign,assignment]
    try:
        with sealer.Sealer(log) as at_work:
            print(os.getpid(), flush=True)
            while os.getppid() == nursery_pid:
                at_work.seal()
                time.sleep(0.002)
    except AuditlensError as wrong:
        with (log.settings.home / "sealers.txt").open("a", encoding="utf-8") as file:
            file.write(f"{wrong}\n")
    os._exit(0)


def _die(*_: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


if __name__ == "__main__":
    main(sys.argv[1])
