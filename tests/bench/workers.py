"""Engines in processes of their own, so that each has its own memory and none warms another."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol

from tests.bench.questions import Answer, Question, by_views

_RESOURCE_BYTES = "VmHWM"


class Asker(Protocol):
    """What a process holds: an engine that knows one or more ways to an answer."""

    def ways(self, question: Question) -> Mapping[str, Callable[[], Answer]]:
        """The ways by name, the first one the usual one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer and the time it took, from the question in the process to frames in its memory."""

    seconds: float
    answer: Answer


class Auditlens:
    """The benchmark archive by Polars; an engine for each question, as each run of a page makes one."""

    def __init__(self, place: Path, now: datetime) -> None:
        from dashboard.demo import bench
        from dashboard.query.polars_engine import PolarsEngine

        snapshot = bench.snapshot(place)
        self._engine = lambda: PolarsEngine(snapshot, now)

    def ways(self, question: Question) -> Mapping[str, Callable[[], Answer]]:
        """The one way."""
        return {"views": lambda: by_views(self._engine(), question)}


class TooLong(Exception):
    """A question took longer than it may."""


class Worker:
    """One process."""

    def __init__(self, make: Callable[..., Asker], *args: object) -> None:
        context = get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, make, args), daemon=True)
        self._process.start()
        other.close()
        self.idle_bytes: int = self._pipe.recv()

    def ask(self, question: Question, way: str | None = None, *, limit_s: int = 0) -> Asked:
        """Asks once. Raises TooLong when a limit is given and reached, MemoryError, or what the engine raises."""
        self._pipe.send((question, way, limit_s))
        got = self._pipe.recv()
        if isinstance(got, BaseException):
            raise got
        assert isinstance(got, Asked)
        return got

    def ways(self, question: Question) -> Sequence[str]:
        """The names of the ways it knows."""
        self._pipe.send((question, "", 0))
        names: Sequence[str] = self._pipe.recv()
        return names

    def peak_bytes(self) -> int:
        """The most memory it held so far."""
        self._pipe.send(None)
        size: int = self._pipe.recv()
        return size

    def close(self) -> None:
        """Ends the process."""
        self._pipe.close()
        self._process.join(20)
        if self._process.is_alive():
            self._process.kill()


@contextmanager
def working(make: Callable[..., Asker], *args: object) -> Iterator[Worker]:
    """A process for the block."""
    worker = Worker(make, *args)
    try:
        yield worker
    finally:
        worker.close()


def peak_bytes() -> int:
    """The most memory that this process held since it began; Linux says so."""
    status = Path("/proc/self/status").read_text("ascii", errors="replace")
    line = next(line for line in status.splitlines() if line.startswith(_RESOURCE_BYTES))
    return int(line.split()[1]) * 1024


def _serve(pipe: Connection, make: Callable[..., Asker], args: Sequence[object]) -> None:
    signal.signal(signal.SIGALRM, _stop)
    asker = make(*args)
    pipe.send(peak_bytes())
    while True:
        try:
            wanted = pipe.recv()
        except EOFError:
            return
        pipe.send(peak_bytes() if wanted is None else _asked(asker, *wanted))


def _asked(asker: Asker, question: Question, way: str | None, limit_s: int) -> object:
    ways = asker.ways(question)
    if way == "":
        return list(ways)
    ask = ways[way] if way else next(iter(ways.values()))
    signal.alarm(limit_s)
    try:
        began = time.perf_counter()
        answer = ask()
        return Asked(time.perf_counter() - began, answer)
    except Exception as wrong:  # noqa: BLE001  # it is raised where the question was asked
        return _first_of(wrong)
    finally:
        signal.alarm(0)


def _first_of(wrong: BaseException) -> BaseException:
    """TooLong where that is what began it: a driver that was stopped may fail once more while it cleans up."""
    at: BaseException | None = wrong
    while at is not None and not isinstance(at, TooLong):
        at = at.__context__
    return at or wrong


def _stop(*_: object) -> None:
    raise TooLong
