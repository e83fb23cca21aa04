"""One state of the log to look at."""

import os
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from dashboard.archive.held import Held


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the archive, as its table's log tells of it. A file never changes: its name stands for its rows."""

    uri: str
    rows: int
    first_seq: int
    last_seq: int
    oldest: datetime  # the least and the greatest `occurred_at`, both included, rounded outwards
    newest: datetime


TAIL = "tail:"
"""How the name of a tail begins, where a file has its address."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of the archive, or the tail. Its name stands for its rows: what is decoded of them is held by it."""

    part: Part
    rows: pl.LazyFrame = field(compare=False, repr=False)

    @property
    def is_tail(self) -> bool:
        """Whether its rows are in memory, and in no file."""
        return self.part.uri.startswith(TAIL)

    @property
    def is_gone(self) -> bool:
        """Whether its file was deleted, as far as a look at the disk can tell; of an object store's nobody asks."""
        is_file = not self.is_tail and "://" not in self.part.uri
        return is_file and not os.path.exists(self.part.uri)  # noqa: PTH110 - asked of all files for each answer


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The events with `seq < as_of`: one rerun, one export, one command asks all its questions of one of these.

    `events` has exactly the columns of `events.columns.SCHEMA`; its row order is not defined. `pieces` are the same
    rows by file, and rows beyond `as_of` where a file reaches further.
    """

    as_of: int
    events: pl.LazyFrame
    erasures: int = 0  # grows whenever something was erased: an answer kept from before may hold what is gone
    pieces: tuple[Piece, ...] = ()
    held: "Held | None" = None  # the decoded columns of the pieces; None: there are none, the files are asked
