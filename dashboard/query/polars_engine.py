"""Questions by Polars, over a snapshot of the archive and its tail."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self, TypeVar

import polars as pl

from dashboard.archive.snapshot import Snapshot
from dashboard.errors import UnreachableError
from dashboard.events.adornment import Adornment, Bucket
from dashboard.events.filter import FIELD_COLUMNS, EventFilter
from dashboard.query import streaming
from dashboard.query.engine import declared, view_sql
from dashboard.query.narrow import contains, narrow
from dashboard.query.schemas import SCHEMAS
from dashboard.query.sort import Sort

_MOST_FOUND = 500_000

T = TypeVar("T")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class PolarsEngine:
    """Answers from one snapshot. Made for a few questions about it, then thrown away: it keeps what searches found.

    An erasure deletes the files of the versions before it: then `reopen` gives the same state anew, and the question is
    asked once more.
    """

    snapshot: Snapshot
    now: datetime = field(default_factory=_now)
    reopen: Callable[[], Snapshot] | None = field(default=None, repr=False, compare=False)
    _found: dict[EventFilter, pl.LazyFrame] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def as_of(self) -> int:
        return self.snapshot.as_of

    @property
    def erasures(self) -> int:
        return self.snapshot.erasures

    def answer(
        self, view: str, wanted: EventFilter, added: Adornment | None = None, limit: int | None = None
    ) -> pl.DataFrame:
        def ask(engine: Self) -> pl.DataFrame:
            found = _run(view, _adorned(engine._narrowed(wanted), added))
            return declared((found if limit is None else found.head(limit)).collect(), view)

        return self._asked(ask)

    def rows(self, view: str, wanted: EventFilter, sort: Sort, offset: int, limit: int) -> pl.DataFrame:
        """The keys of the slice are found first; whole rows are read for them only."""

        def ask(engine: Self) -> pl.DataFrame:
            keys = streaming.page_keys(engine._narrowed(wanted), sort, offset, limit, engine.as_of)
            return engine._fetched(view, keys)

        return self._asked(ask)

    def _fetched(self, view: str, keys: pl.DataFrame) -> pl.DataFrame:
        """The rows of the keys, in their order."""
        if keys.is_empty():
            return pl.DataFrame(schema=SCHEMAS[view])
        rows = _run(view, streaming.only(self.snapshot.events, keys)).collect()
        return declared(
            keys.select("seq").join(rows, on="seq", how="left", maintain_order="left").select(list(SCHEMAS[view])), view
        )

    def find(self, view: str, column: str, value: int) -> pl.DataFrame:
        return self._asked(
            lambda engine: declared(_run(view, engine.snapshot.events.filter(pl.col(column) == value)).collect(), view)
        )

    def batches(self, wanted: EventFilter, sort: Sort, columns: Sequence[str], size: int) -> Iterator[pl.DataFrame]:
        """Raises UnreachableError when an erasure comes in between: what was given before may hold what is gone."""
        began = False
        try:
            for frame in streaming.batches(self._narrowed(wanted), sort, columns, size):
                began = True
                yield frame
        except FileNotFoundError as gone:
            if began:
                raise _vanished() from gone
            yield from self._reopened(gone).batches(wanted, sort, columns, size)

    def _asked(self, ask: "Callable[[Self], T]") -> T:
        try:
            return ask(self)
        except FileNotFoundError as gone:
            again = self._reopened(gone)
        try:
            return ask(again)
        except FileNotFoundError as gone:
            raise _vanished() from gone

    def _reopened(self, gone: FileNotFoundError) -> Self:
        """The same state, once; an engine that was made so does not do it again."""
        if self.reopen is None:
            raise _vanished() from gone
        return type(self)(self.reopen(), self.now)

    def _narrowed(self, wanted: EventFilter) -> pl.LazyFrame:
        """The events the filter means. What a search found is kept, if it is little: all views ask about the same."""
        if not (wanted.search or wanted.not_search):
            return narrow(self.snapshot.events, wanted, self.now)
        if wanted not in self._found:
            self._found[wanted] = self._searched(wanted)
        return self._found[wanted]

    def _searched(self, wanted: EventFilter) -> pl.LazyFrame:
        events = narrow(self.snapshot.events, wanted, self.now)
        keys = events.select("seq", "occurred_at").head(_MOST_FOUND + 1).collect()
        return events if keys.height > _MOST_FOUND else streaming.only(self.snapshot.events, keys)


def _vanished() -> UnreachableError:
    return UnreachableError("Files of the archive were replaced by an erasure while they were read.", "Ask again.")


def _run(view: str, events: pl.LazyFrame) -> pl.LazyFrame:
    return pl.SQLContext(events=events, eager=False).execute(view_sql(view))


def _adorned(events: pl.LazyFrame, added: Adornment | None) -> pl.LazyFrame:
    if added is None:
        return events
    if isinstance(added, Bucket):
        return events.with_columns(bucket=pl.col("occurred_at").dt.truncate(added.width.value))
    column = FIELD_COLUMNS[added.field]
    kept = events.filter(contains(column, added.contains)) if added.contains else events
    return kept.with_columns(field=pl.lit(added.field), value=pl.col(column))
