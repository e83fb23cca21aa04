"""Questions by Polars, over a snapshot of the archive and its tail."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Self, TypeVar

import polars as pl

from dashboard.archive.dictionaries import NUMBERS, TEXTS
from dashboard.archive.held import TooLarge
from dashboard.archive.snapshot import Snapshot
from dashboard.errors import UnreachableError
from dashboard.events.adornment import Adornment, Bucket, Facet
from dashboard.events.columns import SCHEMA
from dashboard.events.filter import FIELD_COLUMNS, TEXT_FIELDS, EventFilter
from dashboard.query import counting, fetch, seek, streaming
from dashboard.query.engine import declared, view_columns, view_sql
from dashboard.query.meant import Meant, meant
from dashboard.query.narrow import contains, narrow
from dashboard.query.schemas import SCHEMAS
from dashboard.query.sort import Sort

_MOST_FOUND = 500_000
_MOST_FIRST = 10_000  # events that are kept in order while others are looked at
_BY_THE_HOUR = ("actions_over_time", "sources_over_time")  # each counts one column: out of the files' own counts
_OF_COUNTS = ("facets", "time_range", *_BY_THE_HOUR)  # out of held columns these read few rows
_ONE = pl.lit(1, dtype=pl.Int64)

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
    _known: dict[EventFilter, Meant | None] = field(default_factory=dict, init=False, repr=False, compare=False)

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
            held = engine._held(lambda: engine._decoded(view, wanted, added))
            found = _run(view, _adorned(engine._narrowed(wanted), added) if held is None else held)
            asked = found if limit is None else found.head(limit)
            return _of_few(asked) if held is not None and view in _OF_COUNTS else asked.collect()

        return self._asked(ask)

    def rows(self, view: str, wanted: EventFilter, sort: Sort, offset: int, limit: int) -> pl.DataFrame:
        """The places of the slice are found first; whole rows are read for them only."""

        def ask(engine: Self) -> pl.DataFrame:
            found = engine._held(lambda: engine._sought(view, wanted, sort, offset, limit))
            if found is not None:
                return found
            keys = streaming.page_keys(engine._narrowed(wanted), sort, offset, limit, engine.as_of)
            return engine._fetched(view, keys)

        return self._asked(ask)

    def _held(self, ask: "Callable[[], T | None]") -> T | None:
        """The answer out of decoded columns; None where it needs more than there is room for."""
        try:
            return ask()
        except TooLarge:
            return None

    def _meant(self, wanted: EventFilter) -> Meant | None:
        """What a filter means is found once: all questions of a screen are about the same."""
        if wanted in self._known:
            found = self._known[wanted]
            if found is not None:
                found.check_files()
            return found
        self._known[wanted] = found = meant(self.snapshot, wanted, self.now)
        return found

    def _decoded(self, view: str, wanted: EventFilter, added: Adornment | None) -> pl.LazyFrame | None:
        """The relation that the view's SQL reads, or None when its columns can't be held."""
        events = self._meant(wanted)
        if events is None:
            return None
        self._known[wanted] = events = events.looked_up()
        if isinstance(added, Facet):
            counted = counting.by_value(events, FIELD_COLUMNS[added.field], added.contains)
            return counted.with_columns(field=pl.lit(added.field))
        if view == "time_range":
            return seek.ends(events)
        if added and view in _BY_THE_HOUR:
            rows = counting.by_bucket(events, added.width, *view_columns(view))
            return _adorned(pl.LazyFrame(schema=dict(SCHEMA)), added) if rows is None else rows
        rows = events.rows(sorted(view_columns(view) | ({"occurred_at"} if added else set())))
        return _adorned(pl.LazyFrame(schema=dict(SCHEMA)) if rows is None else rows, added)

    def _sought(self, view: str, wanted: EventFilter, sort: Sort, offset: int, limit: int) -> pl.DataFrame | None:
        events = self._meant(wanted)
        if events is None:
            return None
        if sort.column == "occurred_at":
            slice_ = seek.by_time(events, offset, limit, descending=sort.descending)
        elif sort.column in TEXTS:
            sizes = _of_few(counting.by_value(events, sort.column))
            slice_ = seek.by_text(events, sort.column, offset, limit, descending=sort.descending, sizes=sizes)
        elif sort.column in NUMBERS and (most := offset + limit) <= _MOST_FIRST:
            slice_ = seek.by_number(events, sort.column, most, descending=sort.descending).slice(offset)
        else:
            return None
        return _of_few(_run(view, fetch.rows(events, slice_, view_columns(view)).lazy()))

    def _fetched(self, view: str, keys: pl.DataFrame) -> pl.DataFrame:
        """The rows of the keys, in their order."""
        if keys.is_empty():
            return pl.DataFrame(schema=SCHEMAS[view])
        rows = _of_few(_run(view, fetch.of_keys(self.snapshot, keys["seq"], view_columns(view)).lazy()))
        return declared(
            keys.select("seq").join(rows, on="seq", how="left", maintain_order="left").select(list(SCHEMAS[view])), view
        )

    def find(self, view: str, column: str, value: int) -> pl.DataFrame:
        def ask(engine: Self) -> pl.DataFrame:
            events = engine.snapshot.events
            if column == "seq" and engine.snapshot.pieces:
                events = fetch.around(engine.snapshot, value)
            return _run(view, events.filter(pl.col(column) == value)).collect()

        return self._asked(ask)

    def batches(self, wanted: EventFilter, sort: Sort, columns: Sequence[str], size: int) -> Iterator[pl.DataFrame]:
        """Raises UnreachableError when an erasure comes in between: what was given before may hold what is gone."""
        began = False
        try:
            for frame in self._batches(wanted, sort, columns, size):
                began = True
                yield frame
        except FileNotFoundError as gone:
            if began:
                raise _vanished() from gone
            yield from self._reopened(gone).batches(wanted, sort, columns, size)

    def _batches(self, wanted: EventFilter, sort: Sort, columns: Sequence[str], size: int) -> Iterator[pl.DataFrame]:
        """By time, file after file; else by runs of the sort's column."""
        frames = self._held(lambda: self._files_by_time(wanted, sort, columns))
        if frames is None:
            yield from streaming.batches(self._narrowed(wanted), sort, columns, size)
            return
        for frame in frames:
            yield from frame.iter_slices(size)

    def _files_by_time(self, wanted: EventFilter, sort: Sort, columns: Sequence[str]) -> Iterator[pl.DataFrame] | None:
        events = self._meant(wanted) if sort.column == "occurred_at" else None
        if events is None:
            return None
        frames = fetch.by_time(events, columns, descending=sort.descending)
        first = next(frames, None)  # now, so that it is known whether there is room
        return iter(()) if first is None else chain([first], frames)

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
        if not any(name.removeprefix("not_") in TEXT_FIELDS for name in wanted.values()):
            return narrow(self.snapshot.events, wanted, self.now)
        if wanted not in self._found:
            self._found[wanted] = self._searched(wanted)
        return self._found[wanted]

    def _searched(self, wanted: EventFilter) -> pl.LazyFrame:
        events = narrow(self.snapshot.events, wanted, self.now)
        keys = events.select("seq", "occurred_at").head(_MOST_FOUND + 1).collect()
        return events if keys.height > _MOST_FOUND else streaming.only(self.snapshot.events, keys)


def _vanished() -> UnreachableError:
    return UnreachableError(
        "Files of the archive were replaced, by an erasure or by tidying, while they were read.", "Ask again."
    )


def _run(view: str, events: pl.LazyFrame) -> pl.LazyFrame:
    """What the view's statement says, of exactly the types that it declares."""
    found = pl.SQLContext(events=events, eager=False).execute(view_sql(view))
    return found.select(pl.col(name).cast(dtype) for name, dtype in SCHEMAS[view].items())


def _of_few(relation: pl.LazyFrame) -> pl.DataFrame:
    """The answer out of few rows: to start the streaming engine takes three times as long as to ask these."""
    return relation.collect(engine="in-memory")


def _adorned(events: pl.LazyFrame, added: Adornment | None) -> pl.LazyFrame:
    if added is None:
        return events
    if isinstance(added, Bucket):
        return events.with_columns(bucket=pl.col("occurred_at").dt.truncate(added.width.value), weight=_ONE)
    column = FIELD_COLUMNS[added.field]
    kept = events.filter(contains(column, added.contains)) if added.contains else events
    return kept.with_columns(field=pl.lit(added.field), value=pl.col(column), weight=_ONE)
