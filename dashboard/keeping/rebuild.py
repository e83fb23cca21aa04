"""Writes the archive anew from the record, by as many processes as there are processors.

Places, regions, salts and leaves are the record's own (`sealed`, `audit_event`): nothing is looked up again. Readers
see the old version until the new one is committed, one commit a table; who is killed before leaves all as it was, and
files that no version names, which are tidied away like others.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from typing import NoReturn

import polars as pl
from deltalake.transaction import AddAction

from dashboard.archive.listing import Listed
from dashboard.archive.table import ArchiveTable
from dashboard.errors import DamagedError, UnreachableError
from dashboard.keeping.log import Log
from dashboard.keeping.mirror import RANGE_EVENTS, events_table, evidence_table
from dashboard.record.read import RecordReader

_WORTH_PROCESSES = 500_000  # rows; below it, starting them costs more than they save

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was written."""

    events: int  # read from the record
    kept: int  # of retired months, and others in their files: these files stay as they are
    seconds: float


@dataclass(frozen=True, slots=True)
class Kept:
    """The files of one table that hold what the record no longer does."""

    files: tuple[Listed, ...]
    seqs: pl.Series  # all places in them, sorted


@dataclass(frozen=True, slots=True)
class Job:
    """A range of the log for one process, and the places in it that each table keeps."""

    url: str
    location: str
    log_id: str
    start: int
    stop: int
    kept: tuple[pl.Series, pl.Series]


Written = tuple[list[AddAction], list[AddAction]]
"""Files of `events` and of `evidence`, committed nowhere yet."""


def rebuild(log: Log, *, processes: int | None = None, told: Callable[[int, int], None] | None = None) -> Rebuilt:
    """Rewrites every range that the record holds, up to the newest sealed event. `told` hears rows done, and in all.

    Holds the mirror's lock all the while: mirror and erasures wait, sealing and reading go on. About 10 µs a row on two
    processors, 400 MB a process. Raises DamagedError, and changes nothing, when the archive lacks an event that the
    record no longer holds.
    """
    began = time.monotonic()
    tables = log.events_table(), log.evidence_table()
    with log.sealing() as lock, lock.mirroring_alone(), closing(log.reader()) as record:
        size, retired = record.tree_size(), _retired(record)
        kept = tuple(_kept(table, size, retired) for table in tables)
        jobs = list(_jobs(log, size, retired, kept))
        total, done = sum(job.stop - job.start for job in jobs), 0
        added: Written = ([], [])
        for table in tables:
            table.storage.make()
        try:
            for job, written in _worked(jobs, _processes(processes, total)):
                for mine, its in zip(added, written, strict=True):
                    mine.extend(its)
                done += job.stop - job.start
                if told is not None:
                    told(done, total)
            # As a mirror does: what proofs need comes first.
            for table, its_kept, its in reversed(list(zip(tables, kept, added, strict=True))):
                _commit(table, its_kept, its, size)
        except BaseException:
            _drop(tables, added)
            raise
    return Rebuilt(total, kept[0].seqs.len(), time.monotonic() - began)


def _retired(record: RecordReader) -> tuple[Range, ...]:
    return tuple(sorted(span for month in record.retired() for span in month.ranges))


def _kept(table: ArchiveTable, size: int, retired: Sequence[Range]) -> Kept:
    """The files that hold retired events, once it is sure that they hold all of them, each once."""
    table.refresh()
    if table.watermark > size:
        raise DamagedError(
            f"The archive {table.name} holds {table.watermark:,} events, the database has sealed only {size:,}.",
            "The database was rolled back or is another one. Restore it to a later state; nothing was changed.",
        )
    if not retired:
        return Kept((), pl.Series("seq", dtype=pl.Int64))
    wanted = pl.concat([pl.int_range(start, stop, dtype=pl.Int64, eager=True) for start, stop in retired])
    near = [file for file in table.listed() if any(file.first_seq < b and a <= file.last_seq for a, b in retired)]
    if table.storage.lacking([file.uri for file in near]):
        _refuse(table, "files of it are gone")
    with table.working():
        files = table.holding(wanted)
        seqs = table.scan_files([file.uri for file in files]).select("seq").collect()["seq"].sort()
    found = seqs.filter(seqs.is_in(wanted.implode()))
    if not found.equals(wanted.sort()):
        _refuse(table, f"it holds {found.n_unique():,} of {wanted.len():,}")
    return Kept(tuple(files), seqs)


def _refuse(table: ArchiveTable, why: str) -> NoReturn:
    raise DamagedError(
        f"Events of retired months are in the archive alone, and {table.name} does not hold each of them once: {why}.",
        "Restore the archive from a backup first. Nothing was changed.",
    )


def _jobs(log: Log, size: int, retired: Sequence[Range], kept: Sequence[Kept]) -> Iterator[Job]:
    """What the record holds, in ranges as the mirror copies them; none that is kept as a whole."""
    at = 0
    for start, stop in (*retired, (size, size)):
        for first in range(at, start, RANGE_EVENTS):
            last = min(first + RANGE_EVENTS, start)
            here = [one.seqs.filter(one.seqs.is_between(first, last, closed="left")) for one in kept]
            if any(seqs.len() < last - first for seqs in here):
                url = log.urls.of("reader")
                yield Job(url, log.settings.archive_location, log.log_id, first, last, (here[0], here[1]))
        at = stop


def _processes(asked: int | None, rows: int) -> int:
    if asked is not None:
        return max(1, asked)
    return 1 if rows < _WORTH_PROCESSES else os.cpu_count() or 1


def _worked(jobs: Sequence[Job], processes: int) -> Iterator[tuple[Job, Written]]:
    if len(jobs) <= 1 or processes == 1:
        for job in jobs:
            yield job, _write(job)
        return
    # spawned, not forked: a fork of a process in which Polars has threads can hang
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_begin)
    try:
        running: dict[Future[Written], Job] = {pool.submit(_write, job): job for job in jobs}
        for future in as_completed(running):
            yield running[future], future.result()
    except BrokenProcessPool as wrong:
        raise UnreachableError(
            "A process that wrote the archive ended. Nothing was changed.", "Is there memory enough?"
        ) from wrong
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """A process of one thread, that ends when the one that wants its work is gone, however it went."""
    os.environ["POLARS_MAX_THREADS"] = "1"
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _write(job: Job) -> Written:
    """Reads one range from the record and writes its files."""
    tables = events_table(job.location, job.log_id), evidence_table(job.location, job.log_id)
    with closing(RecordReader(job.url)) as record:
        frames = record.sealed_range(job.start, job.stop)
    written: Written = ([], [])
    try:
        for table, frame, kept, files in zip(tables, frames, job.kept, written, strict=True):
            rows = frame.filter(~pl.col("seq").is_in(kept.implode())).sort(*table.order)
            with table.working():
                files.extend([table.write(rows)] if rows.height else [])
    except BaseException:
        _drop(tables, written)
        raise
    return written


def _commit(table: ArchiveTable, kept: Kept, added: Sequence[AddAction], size: int) -> None:
    if not size:
        return
    with table.working():
        table.create()
    names = {file.name for file in kept.files}
    table.replace([file for file in table.listed() if file.name not in names], added, reach=size)


def _drop(tables: Sequence[ArchiveTable], written: Written) -> None:
    """Deletes what no version names."""
    for table, files in zip(tables, written, strict=True):
        table.refresh()
        held = {file.name for file in table.listed()}
        table.drop([file for file in files if file.path not in held])
