"""How many meant events there are of each kind: out of each file's own counts where all of it is meant.

What a view counts is handed to its SQL as rows that stand for several events each (`weight`).
"""

from functools import partial

import polars as pl

from dashboard.archive.held import Count
from dashboard.events.adornment import Width
from dashboard.query.meant import Meant
from dashboard.query.narrow import contains

_WEIGHT = pl.len().cast(pl.Int64).alias("weight")
_FINER_THAN_AN_HOUR = (Width.MINUTE, Width.FIVE_MINUTES)


def by_value(events: Meant, column: str, containing: str = "") -> pl.LazyFrame:
    """Columns value (null: none) and weight, a row a value; only values that hold a text, if one is given.

    Costs the events of files that a condition or an edge of the window cuts; of others only their distinct values.
    Raises TooLarge.
    """
    counted = _counted(events, f"values of {column}", (column,), partial(_of_values, column))
    if counted is None:
        return pl.LazyFrame(schema={"value": pl.String, "weight": pl.Int64})
    summed = counted.group_by("value").agg(pl.col("weight").sum())
    named = summed.with_columns(pl.col("value").cast(pl.String))
    return named.filter(contains("value", containing)) if containing else named


def by_bucket(events: Meant, width: Width, column: str = "category") -> pl.LazyFrame | None:
    """Columns bucket, the column and weight; None when there is no piece. A file's own counts are by the hour.

    Raises TooLarge.
    """
    columns = ("occurred_at", column)
    if width in _FINER_THAN_AN_HOUR:
        rows = events.rows(columns)
        return None if rows is None else _of_buckets(column, width, rows)
    hours = _counted(events, f"hours of {column}", columns, partial(_of_buckets, column, Width.HOUR))
    if hours is None:
        return None
    wider = pl.col("bucket").dt.truncate(width.value)
    return hours.group_by(wider, column).agg(pl.col("weight").sum())


def _counted(events: Meant, name: str, columns: tuple[str, ...], count: Count) -> pl.LazyFrame | None:
    whole = [piece for piece in events.pieces if events.takes_all_of(piece)]
    cut = [piece for piece in events.pieces if not events.takes_all_of(piece)]
    parts = [frame.lazy() for frame in events.held.counts(whole, name, columns, count)]
    if (rows := events.within(cut).rows(columns)) is not None:
        parts.append(count(rows))
    return pl.concat(parts) if parts else None


def _of_values(column: str, rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.group_by(pl.col(column).alias("value")).agg(_WEIGHT)


def _of_buckets(column: str, width: Width, rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.group_by(pl.col("occurred_at").dt.truncate(width.value).alias("bucket"), column).agg(_WEIGHT)
