"""The sealer's process: sealing, mirroring, compaction, copies outside and verification, side by side until it is
told to stop.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TypeVar

from dashboard.errors import AuditlensError, DamagedError, UnreachableError, UsageError
from dashboard.keeping.anchoring import Anchorer, outside_copies
from dashboard.keeping.compaction import Compactor
from dashboard.keeping.log import Log
from dashboard.keeping.pressure import Pressure
from dashboard.keeping.sealer import Sealer
from dashboard.keeping.verify import Watch, keep, verify

_logger = logging.getLogger("auditlens.sealer")
_MONTHS_EVERY_S = 6 * 3600.0
_LOOK_AT_ARCHIVE_EVERY_S = 5.0
_LOOK_AT_FILES_EVERY_S = 5.0
_LOOK_AT_SINKS_EVERY_S = 2.0
_VERIFY_EVERY_S = 1.0
_LONGEST_PAUSE_S = 15.0

T = TypeVar("T")


def run_forever(log: Log, stop: threading.Event, *, careful: bool = False) -> None:
    """Seals until told to stop. A database that is away is waited for; DamagedError ends it, for a person must look.

    Each of the works has a thread and connections of its own: a large copy or a slow sink never makes a new event wait.
    `careful` reads the GeoIP database by Python alone, after a crash.
    """
    failures: list[DamagedError] = []
    opened, watch = partial(Sealer, log, careful=careful), Watch(log)
    looking = partial(_look, pressure=Pressure(), stop=stop)
    compacting = partial(_compact_round, pressure=Pressure(), stop=stop)
    works = (
        partial(_repeat, "mirror", opened, _mirror_round, stop, _LOOK_AT_ARCHIVE_EVERY_S, failures),
        partial(_repeat, "compact", partial(Compactor, log), compacting, stop, _LOOK_AT_FILES_EVERY_S, failures),
        partial(
            _repeat, "anchors", partial(Anchorer, log, stop=stop), _anchor_round, stop, _LOOK_AT_SINKS_EVERY_S, failures
        ),
        partial(_repeat, "verify", lambda: nullcontext(watch), looking, stop, _VERIFY_EVERY_S, failures),
    )
    threads = [threading.Thread(target=work, name=work.args[0]) for work in works]
    for thread in threads:
        thread.start()
    try:
        _repeat("seal", opened, _seal_round, stop, log.settings.seal_seconds, failures)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if failures:
        _look_once_more(log)
        raise failures[0]


def _look_once_more(log: Log) -> None:
    """Where the log contradicts itself everything stops, but not before it is written down what there is to see."""
    try:
        keep(log, verify(log, anchors=[copy.note for copy in outside_copies(log)]))
    except AuditlensError as wrong:
        _logger.warning("What happened to the log could not be kept. %s", wrong)


def _seal_round(sealer: Sealer, passed_s: float) -> None:
    if passed_s == 0:
        sealer.add_months()
    sealer.seal()


def _mirror_round(sealer: Sealer, _: float) -> None:
    sealer.mirror_if_due()


def _compact_round(compactor: Compactor, _: float, *, pressure: Pressure, stop: threading.Event) -> None:
    """Rewrites a little. What it finds wrong with its own work ends compaction and nothing else."""
    began = time.monotonic()
    try:
        compactor.round()
    except DamagedError as wrong:
        raise UsageError(wrong.message, wrong.hint) from wrong
    _make_way(began, pressure, stop)


def _look(watch: Watch, _: float, *, pressure: Pressure, stop: threading.Event) -> None:
    began = time.monotonic()
    watch.round()
    _make_way(began, pressure, stop)


def _make_way(began: float, pressure: Pressure, stop: threading.Event) -> None:
    """Where the machine has more to do than it can, work that can wait takes a twenty-fifth of one core."""
    if pressure.is_high():
        stop.wait(min(_LONGEST_PAUSE_S, 24 * (time.monotonic() - began)))


def _anchor_round(anchorer: Anchorer, _: float) -> None:
    anchorer.round()


def _repeat(
    name: str,
    opened: Callable[[], AbstractContextManager[T]],
    act: Callable[[T, float], None],
    stop: threading.Event,
    pause_s: float,
    failures: list[DamagedError],
) -> None:
    """One work, again and again. What can't be used as it is set is said once; then the other works go on alone."""
    backoff_s = pause_s
    while not stop.is_set():
        try:
            with opened() as worker:
                began = time.monotonic()
                passed_s = 0.0
                while not stop.is_set():
                    act(worker, passed_s)
                    backoff_s = pause_s
                    stop.wait(pause_s)
                    passed_s = time.monotonic() - began
                    if passed_s > _MONTHS_EVERY_S:
                        began, passed_s = time.monotonic(), 0.0
        except UnreachableError as wrong:
            _logger.warning("%s Trying again in %.0f s.", wrong, backoff_s)
            stop.wait(backoff_s)
            backoff_s = min(2 * backoff_s, _LONGEST_PAUSE_S)
        except UsageError as wrong:
            _logger.error("%s: %s", name, wrong)
            if name == "seal":
                raise
            return
        except DamagedError as wrong:
            failures.append(wrong)
            stop.set()
