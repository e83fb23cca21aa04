"""Keeps the archive's files few, full and of different times: bit by bit beside the sealer, or all of it on request."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Self

from dashboard.archive.compacting import compact_once
from dashboard.archive.table import ArchiveTable
from dashboard.keeping.log import Log
from dashboard.record.sealing import SealingRecord

_TIDY_EVERY_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """What compaction did to one table."""

    files_before: int
    files_after: int
    bytes_before: int
    bytes_after: int
    rows_rewritten: int
    files_deleted: int
    seconds: float


class Compactor:
    """Compacts the tables of one log, by a connection of its own. Use as a context manager.

    A commit is made under the mirror's lock: an erasure never misses a file that is being written.
    """

    def __init__(self, log: Log) -> None:
        self._held = ExitStack()
        self._record: SealingRecord = self._held.enter_context(log.sealing())
        self._tables = log.events_table(), log.evidence_table()
        self._keeps = timedelta(hours=log.settings.archive_keep_hours)
        self._settled = [-2, -2]  # the version of each table that left nothing to do
        self._tidied_at: float | None = None

    def round(self, *, now: float | None = None) -> int:
        """Rewrites about a million rows where that is worth it, and says how many; now and then deletes what no version
        of the last while needs. Some milliseconds when nothing is to do; 0 also when another holds the lock.
        """
        moment = time.monotonic() if now is None else now
        for place, table in enumerate(self._tables):
            table.refresh()
            if table.version == self._settled[place]:
                continue
            with self._record.mirroring() as mine:
                if not mine:
                    return 0
                rows = compact_once(table)
            if rows:
                return rows
            self._settled[place] = table.version
        if self._tidied_at is None or moment - self._tidied_at >= _TIDY_EVERY_S:
            self._tidy(moment)
        return 0

    def _tidy(self, moment: float) -> None:
        with self._record.mirroring() as mine:
            if mine:
                for place, table in enumerate(self._tables):
                    table.tidy(self._keeps)
                    self._settled[place] = table.version
                self._tidied_at = moment

    def finish(self, told: Callable[[int, None], None] | None = None) -> dict[str, Compacted]:
        """Settles every file of both tables, whatever it costs: about 5 µs a row that has to move.

        `told` hears how many rows were rewritten; how many there will be is not known. Raises UnreachableError when
        another process holds the lock for two minutes.
        """
        done: dict[str, Compacted] = {}
        for table in self._tables:
            done[table.name] = self._finish(table, sum(one.rows_rewritten for one in done.values()), told)
        return done

    def _finish(self, table: ArchiveTable, earlier: int, told: Callable[[int, None], None] | None) -> Compacted:
        began = time.monotonic()
        table.refresh()
        before, total = table.listed(), 0
        while rows := self._alone(partial(compact_once, table, thorough=True)):
            total += rows
            if told is not None:
                told(earlier + total, None)
        deleted = self._alone(partial(table.tidy, self._keeps))
        after = table.listed()
        return Compacted(
            files_before=len(before),
            files_after=len(after),
            bytes_before=sum(file.size_bytes for file in before),
            bytes_after=sum(file.size_bytes for file in after),
            rows_rewritten=total,
            files_deleted=deleted,
            seconds=time.monotonic() - began,
        )

    def _alone(self, act: Callable[[], int]) -> int:
        """One commit under the lock: between two of them a mirror or an erasure has its turn."""
        with self._record.mirroring_alone():
            return act()

    def close(self) -> None:
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
