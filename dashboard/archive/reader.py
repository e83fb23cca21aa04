"""The relation `events` of one state of the log: the archive as far as it reaches, and the tail that is not mirrored
yet.

An erasure changes rows and deletes files: then the tail is read anew, and a version whose files are gone is opened
again once.
"""

import threading
from dataclasses import dataclass

import polars as pl

from dashboard.archive.held import DEFAULT_HELD_BYTES, Held
from dashboard.archive.snapshot import TAIL, Part, Piece, Snapshot
from dashboard.archive.table import ArchiveTable
from dashboard.errors import DamagedError, UsageError
from dashboard.events.columns import SCHEMA
from dashboard.record.read import RecordReader


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is recorded but not sealed, so not to be seen yet."""

    events: int
    oldest_seconds: float


class EventsReader:
    """Gives snapshots of one log, to any thread. The tail is kept in memory and grown by what is new."""

    def __init__(self, record: RecordReader, table: ArchiveTable, held_bytes: int = DEFAULT_HELD_BYTES) -> None:
        self.record = record
        self._held_bytes = held_bytes
        self._held = Held(held_bytes)
        self._files: tuple[Piece, ...] = ()
        self._tail_piece: Piece | None = None
        self._table = table
        self._lock = threading.Lock()
        self._archived = table.scan()
        self._version = table.version  # what `_archived` and `_reach` were read of
        self._erasures = 0
        self._reach = 0  # the archive holds seq < reach
        self._tail = pl.DataFrame(schema=dict(SCHEMA))  # reach <= seq < end
        self._end = 0

    def snapshot(self, as_of: int | None = None) -> Snapshot:
        """The log as of `as_of` events (default: all that are sealed). One index look-up and some milliseconds when
        nothing is new.

        Raises UsageError for a state that has not been, DamagedError when archive and record contradict each other.
        """
        with self._lock:
            try:
                return self._newest(as_of)
            except (DamagedError, FileNotFoundError):
                if not self._table.refresh():
                    raise
                return self._newest(as_of)

    def _newest(self, as_of: int | None) -> Snapshot:
        state = self.record.state()
        if state.erasures != self._erasures:
            self._held = Held(self._held_bytes)  # the old one may hold what is gone
            self._tail, self._end, self._erasures = self._tail.clear(), self._reach, state.erasures
        self._advance(state.tree_size)
        chosen = self._end if as_of is None else as_of
        if not 0 <= chosen <= self._end:
            raise UsageError(
                f"The log holds {self._end:,} sealed events; there is no state as of {chosen:,}.",
                "Leave as_of away for the newest.",
            )
        return Snapshot(
            as_of=chosen,
            events=self._relation(chosen),
            erasures=self._erasures,
            pieces=self._pieces(chosen),
            held=self._held,
        )

    def waiting(self) -> Waiting:
        """What the sealer has not reached."""
        return Waiting(*self.record.waiting())

    def _relation(self, as_of: int) -> pl.LazyFrame:
        if as_of < self._reach:
            return self._archived.filter(pl.col("seq") < as_of)
        tail = self._tail if as_of == self._end else self._tail.filter(pl.col("seq") < as_of)
        if not self._reach:
            return tail.lazy()
        if tail.is_empty():
            return self._archived
        return pl.concat([self._archived, tail.lazy()])

    def _pieces(self, as_of: int) -> tuple[Piece, ...]:
        files = tuple(piece for piece in self._files if piece.part.first_seq < as_of)
        return files if as_of <= self._reach or self._tail_piece is None else (*files, self._tail_piece)

    def _advance(self, size: int) -> None:
        self._table.refresh()
        if self._table.version != self._version:
            self._check_seam(self._table.watermark, size)
            self._archived, self._reach = self._table.scan(), self._table.watermark
            self._files = tuple(Piece(part, self._table.scan_file(part.uri)) for part in self._table.parts())
            self._version = self._table.version
            if self._reach > self._end:
                self._tail, self._end = self._tail.clear(), self._reach
            else:
                self._tail = self._tail.filter(pl.col("seq") >= self._reach)
        if size > self._end:
            new, _ = self.record.sealed_range(self._end, size)
            self._tail = pl.concat([self._tail, new])
            if self._tail.n_chunks() > 64:
                self._tail = self._tail.rechunk()
            self._end = size
        self._name_tail()

    def _name_tail(self) -> None:
        """Gives the tail of this state a name, and lets go of what belongs to no piece of it."""
        name = f"{TAIL}{self._reach}:{self._end}:{self._version}:{self._erasures}"
        if self._tail_piece is not None and self._tail_piece.part.uri == name:
            return
        self._tail_piece = None
        if not self._tail.is_empty():
            oldest, newest = self._tail.select(pl.col("occurred_at").min(), newest=pl.col("occurred_at").max()).row(0)
            part = Part(name, self._tail.height, self._reach, self._end - 1, oldest, newest)
            self._tail_piece = Piece(part, self._tail.lazy())
        self._held.keep_only((*self._files, *([self._tail_piece] if self._tail_piece else ())))

    def _check_seam(self, reach: int, size: int) -> None:
        """The last mirrored event must be the record's own: a restored database or a foreign archive is found here."""
        if reach == 0:
            return
        if reach > size:
            raise DamagedError(
                f"The archive holds {reach:,} events, the database has sealed only {size:,}.",
                "The database was rolled back or is another one. Restore it to a later state; nothing was changed.",
            )
        last = self._table.scan().filter(pl.col("seq") == reach - 1).select("id").collect()
        held = self.record.event_id(reach - 1)
        if held is not None and last["id"].to_list() != [held]:
            raise DamagedError(
                f"Archive and database disagree on the event at seq {reach - 1:,}.",
                "They are not of one log, or one was restored. Nothing was changed.",
            )

    def close(self) -> None:
        self.record.close()
