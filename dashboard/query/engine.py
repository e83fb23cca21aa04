"""What answers a question: the archive by Polars, or the record itself; both run the same files of `queries/views/`."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Protocol

import polars as pl

from dashboard.events.adornment import Adornment
from dashboard.events.columns import SCHEMA
from dashboard.events.filter import EventFilter
from dashboard.paths import QUERIES
from dashboard.query.schemas import SCHEMAS
from dashboard.query.sort import Sort


class Engine(Protocol):
    """One state of the log (`as_of`) at one moment (`now`, which a filter's `last` counts from)."""

    @property
    def as_of(self) -> int:
        """The state: events with `seq < as_of`."""

    @property
    def now(self) -> datetime:
        """The moment that relative times mean."""

    @property
    def erasures(self) -> int:
        """Grows whenever something was erased: with the state and the question it names an answer."""

    def answer(
        self, view: str, wanted: EventFilter, added: Adornment | None = None, limit: int | None = None
    ) -> pl.DataFrame:
        """The frame of a view over the events the filter means; `added` puts the columns there that the view needs."""

    def rows(self, view: str, wanted: EventFilter, sort: Sort, offset: int, limit: int) -> pl.DataFrame:
        """A slice of a view whose rows are events."""

    def find(self, view: str, column: str, value: int) -> pl.DataFrame:
        """The one event whose `id` or `seq` has the value, or an empty frame."""

    def batches(self, wanted: EventFilter, sort: Sort, columns: Sequence[str], size: int) -> Iterator[pl.DataFrame]:
        """All events in order, `size` rows at most in each frame, in memory that does not grow with their number."""


@cache
def view_sql(view: str) -> str:
    """The statement of a view, without its header: Polars and SQLAlchemy both read meaning into colons and comments."""
    text = (QUERIES / "views" / f"{view}.sql").read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))


@cache
def view_columns(view: str) -> frozenset[str]:
    """The columns of `events` that the view's statement names."""
    return frozenset(re.findall(r"\w+", view_sql(view))).intersection(SCHEMA)


def declared(frame: pl.DataFrame, view: str) -> pl.DataFrame:
    """The frame with exactly the types that the view declares."""
    schema = SCHEMAS[view]
    return (
        frame
        if dict(frame.schema) == schema
        else frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())
    )
