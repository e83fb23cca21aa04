"""Decodes what pages ask first, before anybody asks: the newest files first, and not more than the memory is for."""

import logging
import threading
import time
from collections.abc import Callable

from dashboard.archive.held import TooLarge
from dashboard.archive.snapshot import Snapshot
from dashboard.errors import AuditlensError
from dashboard.events.adornment import Width
from dashboard.events.columns import TABLE_COLUMNS
from dashboard.query import counting
from dashboard.query.meant import Meant
from dashboard.query.opening import Questions

_COLUMNS = (*TABLE_COLUMNS, "seq", "outcome", "target")  # of a page, its charts and a search
_SHARE = 0.6  # of the memory for decoded columns; the rest is for what somebody asks

log = logging.getLogger(__name__)


def warming(questions: Questions) -> Callable[[], None]:
    """Begins, in a thread that leaves half of its time to others; what comes back stops it and waits for its end."""
    stopped = threading.Event()
    thread = threading.Thread(target=_begin, args=(questions, stopped), name="warming", daemon=True)
    thread.start()

    def stop() -> None:
        stopped.set()
        thread.join()

    return stop


def _begin(questions: Questions, stopped: threading.Event) -> None:
    try:
        warm(questions.events.snapshot(), stopped)
    except (AuditlensError, OSError) as wrong:  # whoever asks is told; a question decodes what it needs by itself
        log.warning("The archive was not read ahead: %s", wrong)


def warm(snapshot: Snapshot, stopped: threading.Event) -> int:
    """Decodes the newest files' columns and counts them by the day; says of how many files. About 0.15 s a file."""
    if snapshot.held is None:
        return 0
    done = 0
    for piece in sorted(snapshot.pieces, key=lambda piece: piece.part.newest, reverse=True):
        began = time.monotonic()
        try:
            snapshot.held.frames([piece], _COLUMNS)
            counting.by_bucket(Meant(snapshot.held, (piece,), None, None, snapshot.as_of), Width.DAY)
        except TooLarge:
            return done
        done += 1
        if snapshot.held.is_filled(_SHARE) or stopped.wait(time.monotonic() - began):
            return done
    return done
