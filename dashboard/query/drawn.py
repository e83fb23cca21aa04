"""What a chart of time draws: a half-open range in buckets of one width, and the period before it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import polars as pl

from dashboard.events.adornment import Width
from dashboard.events.columns import TIME, moment
from dashboard.events.times import EARLIEST

_OF_THE_CALENDAR = (Width.MONTH, Width.YEAR)
MOST_CATEGORIES = 20

Times = TypeVar("Times", pl.Series, pl.Expr)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The range and the width. The first and the last bucket may reach beyond the range."""

    since: datetime
    until: datetime
    width: Width

    def buckets(self) -> pl.Series:
        """The start of each bucket."""
        return self.bucket_rows().collect(engine="in-memory").to_series()

    def bucket_rows(self) -> pl.LazyFrame:
        """The same as the column bucket."""
        first, end = moment(self.width.floor(self.since)), moment(self.until)
        starts = pl.datetime_range(first, end, self.width.value, closed="left", time_unit="us")
        return pl.LazyFrame().select(bucket=starts)

    def steps(self) -> int:
        """How many buckets further back the period before begins: so many that the two do not overlap."""
        if self.width in _OF_THE_CALENDAR:
            return self.buckets().len()
        start = pl.Series([self.since], dtype=TIME)
        length: timedelta = moved(start, self.width, 1)[0] - self.since
        return -(-(self.until - self.since) // length)

    def before(self) -> "Drawn | None":
        """The period before, as long as this one; None where it would begin before all times."""
        back = moved(pl.Series([self.since, self.until], dtype=TIME), self.width, -self.steps())
        since, until = back
        return Drawn(since, until, self.width) if since >= EARLIEST else None


def moved(times: Times, width: Width, steps: int) -> Times:
    """The times so many widths later."""
    digits = width.value.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = width.value.removeprefix(digits)
    return times.dt.offset_by(f"{steps * int(digits)}{unit}")


def gathered(found: pl.DataFrame) -> pl.DataFrame:
    """The categories beyond the most frequent as one, null: a log may hold thousands, a chart can't."""
    if found["category"].n_unique() <= MOST_CATEGORIES:
        return found
    totals = (
        found.group_by("category").agg(pl.col("events").sum()).sort(["events", "category"], descending=[True, False])
    )
    kept = totals["category"].head(MOST_CATEGORIES).implode()
    named = found.with_columns(pl.when(pl.col("category").is_in(kept)).then("category"))
    return named.group_by("bucket", "category").agg(pl.col("events").sum())


def zero_filled(found: pl.DataFrame, drawn: Drawn) -> pl.DataFrame:
    """A row for each category in each bucket, ordered by both."""
    spine = drawn.bucket_rows().join(found.lazy().select(pl.col("category").unique()), how="cross")
    filled = spine.join(found.lazy(), on=["bucket", "category"], how="left", nulls_equal=True)
    ordered = filled.with_columns(pl.col("events").fill_null(0)).sort("bucket", "category", nulls_last=True)
    return ordered.collect(engine="in-memory")
