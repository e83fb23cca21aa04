"""Sorted events from a cluster, in pieces that its driver can hold.

As `query.streaming` does it for files: the events are parted by the first sort key into runs that lie one after
another, from one count of each; a run that is still too large is parted by the next key. A run is one job. So a page
deep down costs a count and one run, and an export never asks the driver for more than a run.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from pyspark.sql import Column, DataFrame
from pyspark.sql.connect.functions import builtin as sf

from dashboard.events.columns import SCHEMA, TIME
from dashboard.query.sort import Sort
from dashboard.query.spark_narrow import moment
from dashboard.query.streaming import merged

RUN_ROWS = 500_000
_STRETCHES = (86_400_000_000, 60_000_000)  # of times: a day, a minute, in microseconds
_BLOCK = 1 << 20  # of numbers
_PREFIXES = (4, 24)  # of texts: how many characters
_FEW_VALUED = ("actor_type", "category", "action", "outcome", "country", "geo_source", "source", "db_role", "clock")

Counted = Callable[[DataFrame], pl.DataFrame]
"""Runs a job whose result is small."""


@dataclass(frozen=True, slots=True)
class Level:
    """A way to part events: by the value of a column, or by the stretch of its range that the value lies in."""

    column: str
    descending: bool
    width: int = 0  # of a stretch of times (microseconds) or numbers
    prefix: int = 0  # of texts: how many of their first characters

    @property
    def key(self) -> Column:
        """The value, its first characters, or as a number the start of its stretch."""
        column = sf.col(self.column)
        if self.prefix:
            return sf.left(column, sf.lit(self.prefix))
        if not self.width:
            return column
        number = sf.unix_micros(column) if SCHEMA[self.column] == TIME else column
        return number - number % sf.lit(self.width)

    def within(self, first: object, last: object) -> Column:
        """The events whose key lies between two, both included; said of the column, so that files can be skipped."""
        column = sf.col(self.column)
        if first is None:
            return column.isNull()
        low, high = sorted((first, last))  # type: ignore[type-var]  # keys of one column are comparable
        if self.width and isinstance(low, int) and isinstance(high, int):
            high += self.width - 1
            if SCHEMA[self.column] == TIME:
                return column.between(sf.timestamp_micros(sf.lit(low)), sf.timestamp_micros(sf.lit(high)))
            return column.between(sf.lit(low), sf.lit(high))
        if isinstance(low, datetime) and isinstance(high, datetime):
            return column.between(moment(low), moment(high))
        return self.key.between(sf.lit(low), sf.lit(high))


@dataclass(frozen=True, slots=True)
class Run:
    """Events that lie together in the order: of `size` events `length` are meant, from the `offset`-th on."""

    events: DataFrame
    size: int
    offset: int
    length: int

    def ordered(self, sort: Sort) -> DataFrame:
        """The events that are meant, in order."""
        whole = ordered(self.events, sort)  # which many workers sort; where there is a limit, one does
        return whole if self.length == self.size else whole.offset(self.offset).limit(self.length)


def ordered(events: DataFrame, sort: Sort) -> DataFrame:
    """The events in order; texts by code point, as Spark compares their bytes."""
    columns = ((sf.col(name), down) for name, down in sort.keys)
    return events.orderBy(*(key.desc_nulls_last() if down else key.asc_nulls_last() for key, down in columns))


def levels(sort: Sort) -> tuple[Level, ...]:
    """All the ways to part events that an order offers, coarse first."""
    return tuple(level for name, down in sort.keys for level in _ways(name, down))


def _ways(name: str, descending: bool) -> list[Level]:
    coarse: list[Level] = []
    if SCHEMA[name] == TIME:
        coarse = [Level(name, descending, width=width) for width in _STRETCHES]
    elif SCHEMA[name].is_integer():
        coarse = [Level(name, descending, width=_BLOCK)]
    elif SCHEMA[name] == pl.String and name not in _FEW_VALUED:
        coarse = [Level(name, descending, prefix=prefix) for prefix in _PREFIXES]
    return [*coarse, Level(name, descending)]  # the next column orders only events that are equal in this one


def runs(
    events: DataFrame, ways: Sequence[Level], most: int, counted: Counted, offset: int = 0, length: int | None = None
) -> Iterator[Run]:
    """The runs that hold the slice, in order; each of `most` events at most unless the order can't part it further."""
    level, *finer = ways
    left = length
    for first, last, size in merged(_sizes(events, level, counted), most):
        if offset >= size:
            offset -= size
            continue
        if left is not None and left <= 0:
            return
        here = size - offset if left is None else min(left, size - offset)
        part = events.filter(level.within(first, last))
        if size > most and finer:
            yield from runs(part, finer, most, counted, offset, here)
        else:
            yield Run(part, size, offset, here)
        offset, left = 0, None if left is None else left - here


def _sizes(events: DataFrame, level: Level, counted: Counted) -> pl.DataFrame:
    sizes = counted(events.groupBy(level.key.alias("key")).agg(sf.count(sf.lit(1)).alias("size")))
    return sizes.sort("key", descending=level.descending, nulls_last=True)
