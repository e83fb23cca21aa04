"""One state of the log to look at."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The events with `seq < as_of`: one rerun, one export, one command asks all its questions of one of these.

    `events` has exactly the columns of `events.columns.SCHEMA`; its row order is not defined.
    """

    as_of: int
    events: pl.LazyFrame
    erasures: int = 0  # grows whenever something was erased: an answer kept from before may hold what is gone
