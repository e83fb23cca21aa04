"""Keeps the archive's files few, full and of different times: bit by bit beside the sealer, or all of it on request."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from dashboard.archive.compacting import compact_once
from dashboard.archive.table import ArchiveTable
from dashboard.errors import UnreachableError
from dashboard.keeping.log import Log
from dashboard.record.sealing import SealingRecord

_TIDY_EVERY_S = 3600.0
_PATIENCE_S = 120.0


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

    def finish(self, told: Callable[[str, int], None] | None = None) -> dict[str, Compacted]:
        """Settles every file of both tables, whatever it costs: about 5 µs a row that has to move.

        `told` hears a table's name and how many rows were just rewritten. Raises UnreachableError when another process
        holds the lock for two minutes.
        """
        return {table.name: self._finish(table, told or (lambda _name, _rows: None)) for table in self._tables}

    def _finish(self, table: ArchiveTable, told: Callable[[str, int], None]) -> Compacted:
        began = time.monotonic()
        table.refresh()
        before, total = table.listed(), 0
        while rows := self._locked(lambda: compact_once(table, thorough=True)):
            total += rows
            told(table.name, rows)
        deleted = self._locked(lambda: table.tidy(self._keeps))
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

    def _locked(self, act: Callable[[], int]) -> int:
        """One commit under the lock; between two of them a mirror or an erasure has its turn."""
        began = time.monotonic()
        while True:
            with self._record.mirroring() as mine:
                if mine:
                    return act()
            if time.monotonic() - began > _PATIENCE_S:
                raise UnreachableError(
                    "Another process has been writing the archive all the while.", "Try again in some minutes."
                )
            time.sleep(0.1)

    def close(self) -> None:
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
