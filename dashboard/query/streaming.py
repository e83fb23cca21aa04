"""Sorted rows out of files of any size, without sorting them all.

The events are parted by the first sort key into runs that lie one after another - by day and minute for times, by
value for texts - from one count of each; a run that is still too large is parted by the next key. Only the runs that
hold the wanted rows are read and sorted. So a page five million rows deep costs a count and one run, and an export one
run's memory. An export by time looks at one stretch of time after another, so that its first rows wait for no count of
the others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import polars as pl

from dashboard.events.columns import SCHEMA, TIME
from dashboard.query.narrow import between
from dashboard.query.sort import Sort

PAGE_RUN_ROWS = 100_000
EXPORT_RUN_CELLS = 1_000_000  # held at once: each run opens every file, so few rows are read as slowly as many
FIRST_RUN_ROWS = 5_000  # of an export: there at once
_BLOCK = 1 << 16
_TOLD_BY = 250_000
_NEAR_ROWS = 10_000  # that a sort by text keeps at hand: quicker than counting the values first
_MANY_VALUED = ("description", "target", "native_id", "request_id", "user_agent", "details", "actor_id")
_PREFIXES = (8, 24)
_FIRST_STRETCH = timedelta(days=1)
_STRETCHES = 8  # each three times as long as the one before: nine years

F = TypeVar("F", pl.LazyFrame, pl.DataFrame)


@dataclass(frozen=True, slots=True)
class Level:
    """A way to part events: by the value of a column, or by the stretch of its range that the value lies in."""

    column: str
    descending: bool
    every: str = ""  # for times: how long a stretch is
    prefix: int = 0  # for texts of many values: how many of their first characters
    block: int = 0  # for numbers: how many of them

    @property
    def key(self) -> pl.Expr:
        """The value, or the start of the stretch."""
        column = pl.col(self.column)
        if self.every:
            return column.dt.truncate(self.every)
        if self.prefix:
            return column.str.head(self.prefix)
        return column // self.block if self.block else column

    def within(self, first: object, last: object) -> pl.Expr:
        """The events whose key lies between two, both included; said of the column, so that files can be skipped."""
        column = pl.col(self.column)
        if first is None:
            return column.is_null()
        low, high = sorted((first, last))  # type: ignore[type-var]  # keys of one column are comparable
        if self.every:
            return (column >= pl.lit(low, TIME)) & (column < pl.lit(high, TIME).dt.offset_by(self.every))
        if self.block and isinstance(low, int) and isinstance(high, int):
            return column.is_between(low * self.block, high * self.block + self.block - 1)
        return self.key.is_between(pl.lit(low, SCHEMA[self.column]), pl.lit(high, SCHEMA[self.column]))


@dataclass(frozen=True, slots=True)
class Run:
    """Events that lie together in the order: `length` of them from the `offset`-th on are meant."""

    events: pl.LazyFrame
    offset: int
    length: int


def levels(sort: Sort) -> tuple[Level, ...]:
    """All the ways to part events that an order offers, coarse first."""
    return tuple(level for name, down in sort.keys for level in _ways(name, down))


def _ways(name: str, descending: bool) -> list[Level]:
    coarse = []
    if SCHEMA[name] == TIME:
        coarse = [Level(name, descending, every=every) for every in ("1d", "1m")]
    elif SCHEMA[name].is_integer():
        coarse = [Level(name, descending, block=_BLOCK)]
    elif name in _MANY_VALUED:
        coarse = [Level(name, descending, prefix=prefix) for prefix in _PREFIXES]
    return [*coarse, Level(name, descending)]  # the next column orders only events that are equal in this one


def runs(
    events: pl.LazyFrame,
    ways: Sequence[Level],
    most: int,
    offset: int = 0,
    length: int | None = None,
    opening: int | None = None,
) -> Iterator[Run]:
    """The runs that hold the slice, in order; each of `most` events at most unless the order can't part it further.

    The first one is of `opening` events at most, if told.
    """
    level, *finer = ways
    left = length
    for first, last, size in merged(_sizes(events, level), most, opening):
        if offset >= size:
            offset -= size
            continue
        if left is not None and left <= 0:
            return
        here = size - offset if left is None else min(left, size - offset)
        part = events.filter(level.within(first, last))
        if size > (opening or most) and finer:
            yield from runs(part, finer, most, offset, here, opening)
        else:
            yield Run(part, offset, here)
        offset, left, opening = 0, None if left is None else left - here, None


def ordered(events: F, sort: Sort) -> F:
    """The events in order."""
    names = [name for name, _ in sort.keys]
    return events.sort(names, descending=[down for _, down in sort.keys], nulls_last=True)


def page_keys(events: pl.LazyFrame, sort: Sort, offset: int, limit: int, at_most: int) -> pl.DataFrame:
    """`seq` and `occurred_at` of a slice of the ordered events; few (`at_most`) are sorted at once."""
    keys = events.select(*dict.fromkeys(name for name, _ in sort.keys))
    is_near = offset + limit <= _NEAR_ROWS and SCHEMA[sort.column] != TIME
    if is_near and SCHEMA[sort.column] == pl.String:
        keys = _reaching(keys, sort, offset + limit)
    if is_near or at_most <= PAGE_RUN_ROWS:
        return ordered(keys, sort).slice(offset, limit).select("seq", "occurred_at").collect()
    found = [
        ordered(run.events, sort).slice(run.offset, run.length).select("seq", "occurred_at")
        for run in runs(keys, levels(sort), PAGE_RUN_ROWS, offset, limit)
    ]
    return pl.concat(pl.collect_all(found)) if found else keys.select("seq", "occurred_at").head(0).collect()


def _reaching(keys: pl.LazyFrame, sort: Sort, most: int) -> pl.LazyFrame:
    """The keys without such as can't be among the first `most`: what some events tell already is not read of others."""
    some = keys.select(sort.column).head(_TOLD_BY).drop_nulls()
    column = pl.col(sort.column)
    firsts = some.select(column.top_k(most) if sort.descending else column.bottom_k(most)).collect().to_series()
    if firsts.len() < most:
        return keys
    last = pl.lit(firsts.min() if sort.descending else firsts.max(), pl.String)
    return keys.filter(column >= last if sort.descending else column <= last)


def only(events: pl.LazyFrame, keys: pl.DataFrame) -> pl.LazyFrame:
    """The events of the keys, in no order; files and row groups outside their range of times are not read."""
    low, high = keys["occurred_at"].min(), keys["occurred_at"].max()
    return events.filter(
        pl.col("occurred_at").is_between(pl.lit(low), pl.lit(high)), pl.col("seq").is_in(keys["seq"].implode())
    )


def batches(
    events: pl.LazyFrame, sort: Sort, columns: Sequence[str], size: int, cuts: Sequence[datetime] = ()
) -> Iterator[pl.DataFrame]:
    """All events in order, in frames of `size` rows at most.

    `cuts` are moments that part the log well, such as where its files begin; they decide how soon rows come, never
    which.
    """
    needed = dict.fromkeys((*columns, *(name for name, _ in sort.keys)))
    for run in _export_runs(events.select(*needed), sort, cuts):
        rows = run.events.collect()  # sorted in memory, in half the time that the streaming engine takes
        yield from ordered(rows, sort).select(columns).iter_slices(size)


def _export_runs(events: pl.LazyFrame, sort: Sort, cuts: Sequence[datetime]) -> Iterator[Run]:
    ways, most = levels(sort), EXPORT_RUN_CELLS // len(events.collect_schema())
    opening: int | None = FIRST_RUN_ROWS
    if SCHEMA[sort.column] != TIME:
        yield from runs(events, ways, most, opening=opening)
        return
    edges = sorted(set(cuts or _back_from(datetime.now(UTC))), reverse=sort.descending)
    width, before = 1, None
    while True:
        until = edges[width - 1] if len(edges) >= width else None
        edges = edges[width:]
        found = 0
        for run in runs(_stretch(events, sort, before, until), ways, most, opening=opening):
            yield run
            found, opening = found + run.length, None
        if until is None:
            return
        width, before = width if found > most else width * 2, until


def _back_from(now: datetime) -> Iterator[datetime]:
    """Moments ever farther back: an export that begins with the newest events looks at few of them first."""
    return (now - _FIRST_STRETCH * 3**step for step in range(_STRETCHES))


def _stretch(events: pl.LazyFrame, sort: Sort, before: datetime | None, until: datetime | None) -> pl.LazyFrame:
    """The events that the order has between two moments, the later one excluded."""
    parts = between(sort.column, *((until, before) if sort.descending else (before, until)))
    return events.filter(*parts) if parts else events


def _sizes(events: pl.LazyFrame, level: Level) -> pl.DataFrame:
    counted = events.group_by(level.key.alias("key")).len(name="size")
    return counted.sort("key", descending=level.descending, nulls_last=True).collect()


def merged(sizes: pl.DataFrame, most: int, opening: int | None = None) -> Iterator[tuple[object, object, int]]:
    """Neighbours joined as long as they are small together: first key, last key, number of events. Null stays alone."""
    first: object = None
    last: object = None
    total, bound = 0, opening or most
    for key, size in sizes.iter_rows():
        if total and (total + size > bound or key is None):
            yield first, last, total
            total, bound = 0, most
        first, last, total = key if not total else first, key, total + size
    if total:
        yield first, last, total
