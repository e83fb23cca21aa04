"""One state of the log to look at."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the archive, as its table's log tells of it. A file never changes: its name stands for its rows."""

    uri: str
    rows: int
    first_seq: int
    last_seq: int
    oldest: datetime  # the least and the greatest `occurred_at`, both included, rounded outwards
    newest: datetime


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The events with `seq < as_of`: one rerun, one export, one command asks all its questions of one of these.

    `events` has exactly the columns of `events.columns.SCHEMA`; its row order is not defined.
    """

    as_of: int
    events: pl.LazyFrame
    erasures: int = 0  # grows whenever something was erased: an answer kept from before may hold what is gone
