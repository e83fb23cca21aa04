"""One pass of verification over one state of the log, in as many processes as are asked for."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import repeat
from multiprocessing import get_context

from dashboard.errors import DamagedError, UnreachableError
from dashboard.keeping.log import Log
from dashboard.keeping.verify.archived import ArchiveDone, ArchiveFiles, check_archive, check_ends
from dashboard.keeping.verify.leave_takings import retired_months
from dashboard.keeping.verify.rows import RowsDone, check_rows
from dashboard.keeping.verify.signatures import Signatures, check_signatures, look_outside
from dashboard.keeping.verify.summing_up import Parts, sum_up
from dashboard.keeping.verify.tree import TreeCheck
from dashboard.ledger.keys import Trusted
from dashboard.ledger.report import Finding, Kind, Mode, Range, Report, joined
from dashboard.ledger.tlog import EMPTY_ROOT
from dashboard.record.tree import Head
from dashboard.record.verifying import VerifyRecord

PIECE = 65_536
_SIGNATURES = 2_000  # a unit of work
_WORTH_PROCESSES = 200_000  # rows; below it, starting them costs more than they save
_MOST_PROCESSES = 8

Progress = Callable[[int, int], None]
"""Told how many rows are done, and how many there are to do."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of the work: rows of the record, rows of the archive, or checkpoints, by number."""

    kind: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Shared:
    """What each process needs to know."""

    url: str
    part: str
    state: str | None
    retired: tuple[Range, ...]
    trusted: Trusted
    origin: str
    archive: ArchiveFiles | None


Done = RowsDone | ArchiveDone | Signatures


def work(record: VerifyRecord, unit: Unit, shared: Shared) -> Done:
    """Does one unit on this connection."""
    if unit.kind == "rows":
        return check_rows(record, unit.start, unit.stop, shared.retired)
    if unit.kind == "archive" and shared.archive is not None:
        return check_archive(record, shared.archive, unit.start, unit.stop)
    return check_signatures(record, shared.trusted, shared.origin, unit.start, unit.stop)


def _work_alone(unit: Unit, shared: Shared) -> Done:
    """Does one unit in a process of its own."""
    with VerifyRecord.open(shared.url, shared.part, shared.state) as record:
        return work(record, unit, shared)


def login(log: Log) -> tuple[str, str]:
    """The URL and the name of the part that verifies here."""
    part = "sealer" if log.urls.sealer else "reader"
    return log.urls.of(part), part


def verify(
    log: Log,
    *,
    mode: Mode = Mode.FULL,
    start: int = 0,
    stop: int | None = None,
    processes: int | None = None,
    anchors: Sequence[str] = (),
    progress: Progress | None = None,
) -> Report:
    """Verifies one state of the log. Rows with `start <= seq < stop` are hashed again, in the record and in the
    archive; tree, seals, signatures, guards, erasures and retirements are checked always.

    `anchors` are notes of checkpoints that lie outside. About 10 µs of two processes a row. Raises UnreachableError
    when the database can't answer, or a process ends: then nothing is known.
    """
    began = time.monotonic()
    outside = look_outside(log.sealer_folder(), anchors)  # before the state is fixed: all of it is older
    archive, notes, wrong = open_archive(log)
    url, part = login(log)
    with VerifyRecord.open(url, part) as record:
        head = record.head() or Head(0, 0, EMPTY_ROOT, datetime.now(UTC))
        last = head.tree_size if stop is None else min(stop, head.tree_size)
        parts = Parts(head, (min(start, last), last), outside, archive, months=retired_months(record))
        parts.findings += wrong
        parts.left_out += notes
        units = list(_units(record, parts))
        count = _processes(processes, last - start)
        state = record.share() if count > 1 else None
        ranges = joined(found for month in parts.months for found in month.ranges)
        shared = Shared(url, part, state, ranges, outside.trusted, log.sealer_folder().origin, archive)
        tell = _teller(units, progress)
        if count == 1:
            for unit in units:
                parts.take(work(record, unit, shared))
                tell(unit)
            parts.check = TreeCheck(record, head, outside.statements).run()
        else:
            with _pool(count) as pool:
                results = pool.map(_work_alone, units, repeat(shared))
                parts.check = TreeCheck(record, head, outside.statements).run()
                for unit, done in zip(units, results, strict=True):
                    parts.take(done)
                    tell(unit)
        if archive is not None:
            parts.of_archive += check_ends(archive)
        compare_archive_again(log, parts)
        return sum_up(log, record, parts, mode, began)


def open_archive(log: Log) -> tuple[ArchiveFiles | None, list[str], list[Finding]]:
    """The archive as it is now; why it can't be read; and what is wrong with it as a whole."""
    tables = log.events_table(), log.evidence_table()
    try:
        for table in tables:
            table.refresh()
        files = ArchiveFiles.of(*tables)
    except UnreachableError as wrong:
        return None, [f"The archive was not compared: {wrong.message}"], []
    except DamagedError as wrong:
        return None, [], [Finding(kind=Kind.ARCHIVE, message=wrong.message)]
    return files, [], []


def _units(record: VerifyRecord, parts: Parts) -> Iterator[Unit]:
    start, stop = parts.wanted
    yield from _pieces("rows", start, stop)
    if parts.archive is not None:
        yield from _pieces("archive", start, min(stop, parts.archive.reach))
    extent = record.extent()
    if parts.outside.trusted.keys and extent.last_checkpoint:
        for first in range(extent.first_checkpoint, extent.last_checkpoint + 1, _SIGNATURES):
            yield Unit("signatures", first, first + _SIGNATURES)


def _pieces(kind: str, start: int, stop: int) -> Iterator[Unit]:
    """A range in pieces that end where tiles of level 1 do; none is empty."""
    while start < stop:
        end = min(stop, start - start % PIECE + PIECE)
        yield Unit(kind, start, end)
        start = end


def _processes(asked: int | None, rows: int) -> int:
    if asked is not None:
        return max(1, asked)
    return 1 if rows < _WORTH_PROCESSES else min(os.cpu_count() or 1, _MOST_PROCESSES)


@contextmanager
def _pool(count: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that share nothing with this one. One that ends is an error, never a result."""
    pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"))
    try:
        yield pool
    except BrokenProcessPool as wrong:
        raise UnreachableError(
            "A process of the verification ended, so nothing is known.", "Is there memory enough? Try --processes 1."
        ) from wrong
    finally:
        pool.shutdown(cancel_futures=True)


def _teller(units: Sequence[Unit], progress: Progress | None) -> Callable[[Unit], None]:
    rows = {unit: unit.stop - unit.start if unit.kind != "signatures" else 0 for unit in units}
    total, done = sum(rows.values()), 0

    def tell(unit: Unit) -> None:
        nonlocal done
        done += rows[unit]
        if progress is not None:
            progress(done, total)

    return tell


def compare_archive_again(log: Log, parts: Parts) -> None:
    """What could not be read is damage, unless the archive was rewritten meanwhile."""
    files = parts.archive
    if files is None:
        return
    size = parts.head.tree_size
    if files.reach > size:
        message = f"These events are gone: the archive holds {files.reach:,}, the database {size:,} sealed."
        parts.findings.append(Finding(kind=Kind.ROLLED_BACK, first=size, last=files.reach - 1, message=message))
    if not (files.lacking or parts.unreadable):
        return
    again, _, _ = open_archive(log)
    if again is not None and again.versions != files.versions:
        parts.of_archive.clear()
        parts.left_out.append("The archive was rewritten during this pass, so it was not compared.")
        return
    what = f"lacks {files.lacking:,} of its files" if files.lacking else "has files that can't be read"
    parts.findings.append(
        Finding(kind=Kind.ARCHIVE, message=f"The archive {what}: events that were in them are listed.")
    )
