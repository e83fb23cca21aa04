"""How many meant events there are of each kind: out of each file's own counts where all of it is meant, or where only
the kind decides which of its events are.

What a view counts is handed to its SQL as rows that stand for several events each (`weight`). Texts are counted by
their numbers, which takes a quarter of the time of grouping them.
"""

from datetime import datetime, timedelta
from functools import partial

import numpy as np
import polars as pl

from dashboard.archive.held import Count
from dashboard.events.adornment import LENGTHS, Width
from dashboard.events.columns import TIME
from dashboard.query.meant import Meant
from dashboard.query.narrow import between, contains

_WEIGHT = pl.len().cast(pl.Int64).alias("weight")
_MICROSECOND = timedelta(microseconds=1)
_OF_HOURS = (Width.HOUR, Width.SIX_HOURS)  # what is wider is whole days
_AT_ONCE = 1 << 20  # rows that are counted together: what is made of them for it stays small
_SPARSE = 4  # numbers beyond so many times the rows are grouped: most of them would count nothing


def by_value(events: Meant, column: str, containing: str = "") -> pl.LazyFrame:
    """Columns value (null: none) and weight, a row a value; only values that hold a text, if one is given.

    Costs the events of files that a condition or an edge of the window cuts; of others only their distinct values.
    Raises TooLarge.
    """
    parts = _counted(events, f"values of {column}", column, (column,), partial(_of_values, column))
    if not parts:
        return pl.LazyFrame(schema={"value": pl.String, "weight": pl.Int64})
    summed = _of_values(column, pl.concat(parts))  # of one part too: it may be the counts of many files
    named = summed.lazy().select(pl.col(column).cast(pl.String).alias("value"), "weight")
    return named.filter(contains("value", containing)) if containing else named


def by_bucket(events: Meant, width: Width, column: str = "category") -> pl.LazyFrame | None:
    """Columns bucket, the column and weight, in several rows where several files have some; None without a piece.

    A file's own counts are by the day, and by the hour. Raises TooLarge.
    """
    columns, step = ("occurred_at", column), width
    if width in (Width.MINUTE, Width.FIVE_MINUTES):
        parts = _of_slices(events.rows(columns), partial(_of_buckets, column, step))
    else:
        step = Width.HOUR if width in _OF_HOURS else Width.DAY
        count = partial(_of_buckets, column, step)
        parts = _counted(events, f"{step.name} of {column}", column, columns, count, step)
    if not parts:
        return None
    counted = pl.concat(parts).lazy()
    wide = pl.col("bucket").dt.truncate(width.value)
    return counted if step == width else counted.group_by(wide, column).agg(pl.col("weight").sum())


def _counted(
    events: Meant, name: str, by: str, columns: tuple[str, ...], count: Count, step: Width | None = None
) -> list[pl.DataFrame]:
    """The counts of each file, or of each run of rows where only some of a file's rows are meant.

    Counts by a `step` of time serve where only the window cuts a file, too: all but the steps that it cuts.
    """
    if (condition := events.condition) is not None and {*condition.meta.root_names()} == {by}:
        counted = _counted(events.whatever_they_fulfil(), name, by, columns, count, step)
        return [pl.concat(counted).filter(condition)] if counted else []
    whole = [piece for piece in events.pieces if events.takes_all_of(piece)]
    cut = events.within([piece for piece in events.pieces if not events.takes_all_of(piece)])
    counted = events.held.counts(whole, name, columns, count)
    if step is None or events.condition is not None or events.found is not None:
        return [*counted, *_of_slices(cut.rows(columns), count)]
    return [*counted, *_of_steps(cut, step, name, columns, count)]


def _of_steps(cut: Meant, step: Width, name: str, columns: tuple[str, ...], count: Count) -> list[pl.DataFrame]:
    """Of files that window or state cut: their own counts of the steps that lie in the window, and the rest."""
    first, last = _whole_steps(cut, step)
    by_time = cut.within([piece for piece in cut.pieces if piece.part.last_seq < cut.as_of])
    steps = by_time.between(first, last) if first is None or last is None or first < last else by_time.within([])
    if not steps.pieces:
        return _of_slices(cut.rows(columns), count)
    of_files = pl.concat(cut.held.counts(steps.pieces, name, columns, count))
    inside = of_files.lazy().filter(*between("bucket", first, last)).collect(engine="in-memory")
    rows = [
        cut.within([piece for piece in cut.pieces if piece.part.last_seq >= cut.as_of]).rows(columns),
        by_time.between(cut.since, first).rows(columns) if first != cut.since else None,
        by_time.between(last, cut.until).rows(columns) if last != cut.until else None,
    ]
    edges = [some for some in rows if some is not None]
    return [inside, *_of_slices(pl.concat(edges) if edges else None, count)]


def _whole_steps(events: Meant, step: Width) -> tuple[datetime | None, datetime | None]:
    """The window without the steps that it cuts; it ends before it begins where it holds none."""
    first, last = events.since, events.until
    if first is not None and (start := step.floor(first)) != first:
        first = start + LENGTHS[step]
    return first, last if last is None else step.floor(last)


def _of_slices(rows: pl.LazyFrame | None, count: Count) -> list[pl.DataFrame]:
    if rows is None:
        return []
    found = rows.collect(engine="in-memory")  # they are in memory already: most are taken as they lie
    return [count(some) for some in found.iter_slices(_AT_ONCE)] or [count(found)]


def _of_values(column: str, rows: pl.DataFrame) -> pl.DataFrame:
    """A row a value and its number of rows; of rows that were counted already (`weight`), the sum of theirs."""
    values, weight = rows[column], rows["weight"] if "weight" in rows.columns else None
    numbers = values.to_physical()
    if _largest(numbers) > _SPARSE * numbers.len():
        return rows.group_by(column).agg(_WEIGHT if weight is None else pl.col("weight").sum())
    some = numbers.is_not_null()
    known = None if weight is None else weight.filter(some).to_numpy()
    weights = np.bincount(numbers.filter(some).to_numpy(), known)  # sums are floats, exact below 2 ** 53
    found = np.flatnonzero(weights)
    texts = pl.Series(column, found, dtype=numbers.dtype).cat.to(values.dtype)
    counted = pl.DataFrame([texts, pl.Series("weight", weights[found].astype(np.int64))])
    if not numbers.null_count():
        return counted
    nulls = numbers.null_count() if weight is None else weight.filter(~some).sum()
    return counted.vstack(pl.DataFrame({column: [None], "weight": [nulls]}, schema=counted.schema))


def _of_buckets(column: str, width: Width, rows: pl.DataFrame) -> pl.DataFrame:
    """Bucket and text as one number, the null beyond all texts."""
    texts, step = rows[column], LENGTHS[width] // _MICROSECOND
    numbers = texts.to_physical()
    steps = rows["occurred_at"].to_physical().to_numpy() // step
    first, last, kinds = (steps.min(), steps.max(), _largest(numbers) + 2) if rows.height else (0, 0, 2)
    if (last - first + 1) * kinds > _SPARSE * rows.height:
        return rows.group_by(pl.col("occurred_at").dt.truncate(width.value).alias("bucket"), column).agg(_WEIGHT)
    known = numbers.cast(pl.Int64).fill_null(kinds - 1) if numbers.null_count() else numbers
    weights = np.bincount((steps - first) * kinds + known.to_numpy())
    found = np.flatnonzero(weights)
    which = pl.Series(column, found % kinds)
    if numbers.null_count():
        which = which.set(which == kinds - 1, None)
    return pl.DataFrame([
        pl.Series("bucket", (found // kinds + first) * step, dtype=pl.Int64).cast(TIME),
        which.cast(numbers.dtype).cat.to(texts.dtype),
        pl.Series("weight", weights[found], dtype=pl.Int64),
    ])  # fmt: skip


def _largest(numbers: pl.Series) -> int:
    return int(numbers.max() or 0)  # type: ignore[arg-type]  # numbers
