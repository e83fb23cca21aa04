"""The values of a field that most events hold, each with its course over time."""

import polars as pl

from dashboard.events.adornment import Width
from dashboard.events.columns import TIME
from dashboard.events.filter import FIELD_COLUMNS, EventFilter, as_text
from dashboard.query import views
from dashboard.query.engine import Engine
from dashboard.query.figures import buckets

_VIEWS = {"actor": views.actors_over_time, "ip": views.addresses_over_time}
_NIGHT_SHIFT, _NIGHT_HOURS = "2h", 8  # a night begins two hours before its day: 22:00 to 06:00


def top_over_time(engine: Engine, wanted: EventFilter, field: str, top: int, width: Width) -> pl.DataFrame:
    """The most frequent values of `actor` or `ip`, most first; nobody and no address are no values.

    Columns value, events, trend (a number a bucket of the filter's window, oldest first). Costs a facet, then the
    events of these values only. Raises ValueError for a window without both ends.
    """
    if wanted.since is None or wanted.until is None:
        raise ValueError("a course over time is of a window with both ends")
    values = views.facets(engine, wanted, field, top + 1)["value"].drop_nulls().head(top)
    if values.is_empty():  # no value would mean every event
        return pl.DataFrame(schema={"value": pl.String, "events": pl.Int64, "trend": pl.List(pl.Int64)})
    frame = _VIEWS[field](engine, wanted.with_values(field, map(as_text, values)), width)
    named = frame.select("bucket", value=FIELD_COLUMNS[field], events="events")
    spine = buckets(wanted.since, wanted.until, width).join(named.select(pl.col("value").unique()), how="cross")
    filled = spine.join(named, on=["bucket", "value"], how="left").with_columns(pl.col("events").fill_null(0))
    courses = filled.sort("bucket").group_by("value").agg(pl.col("events").sum(), trend=pl.col("events"))
    return courses.sort(["events", "value"], descending=[True, False])


def nights_of_admins(engine: Engine, wanted: EventFilter) -> pl.DataFrame:
    """What accounts that acted as administrators did in nights and on weekends, most first.

    A night is 22:00 to 06:00 UTC, a weekend is from Friday's night to Monday's morning. Counted is everything that such
    an account did in one of them, if anything of it was done as an administrator. Columns actor, since, until, events.
    """
    hours = views.actors_over_time(engine, wanted, Width.HOUR).drop_nulls("actor")
    shifted = pl.col("bucket").dt.offset_by(_NIGHT_SHIFT)
    day, weekday = shifted.dt.truncate("1d"), shifted.dt.weekday()
    early = shifted.dt.hour() < _NIGHT_HOURS
    is_weekend = (weekday >= 6) | ((weekday == 1) & early)
    saturday = pl.when(weekday == 1).then(day.dt.offset_by("-2d")).when(weekday == 7).then(day.dt.offset_by("-1d"))
    off = hours.filter(early | is_weekend).with_columns(
        since=pl.when(is_weekend).then(saturday.otherwise(day)).otherwise(day).dt.offset_by(f"-{_NIGHT_SHIFT}"),
        until=pl.when(is_weekend).then(saturday.otherwise(day).dt.offset_by("54h")).otherwise(day.dt.offset_by("6h")),
    )
    spans = off.group_by("actor", "since", "until").agg(pl.col("events").sum(), pl.col("as_admin").sum())
    found = spans.filter(pl.col("as_admin") > 0).select("actor", "since", "until", "events")
    cut = found.with_columns(
        since=pl.max_horizontal("since", pl.lit(wanted.since, TIME)),
        until=pl.min_horizontal("until", pl.lit(wanted.until, TIME)),
    )
    return cut.sort(["events", "since", "actor"], descending=[True, True, False])


def categories(frame: pl.DataFrame) -> list[str | None]:
    """The categories of buckets, the most frequent first."""
    totals = frame.lazy().group_by("category").agg(pl.col("events").sum())
    ranked = totals.sort(["events", "category"], descending=[True, False]).collect(engine="in-memory")
    return ranked["category"].to_list()
