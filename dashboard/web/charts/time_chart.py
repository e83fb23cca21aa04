"""Actions over time: the numbers in each bucket, by the categories that have a colour of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import polars as pl

from dashboard.events.adornment import Width
from dashboard.events.columns import moment
from dashboard.query import ranking
from dashboard.query.drawn import Drawn, moved
from dashboard.web import text, zones
from dashboard.web.charts import palette, silence_marks, time_marks, zoned
from dashboard.web.charts.drawing import Drawing
from dashboard.web.charts.look import Form, Look
from dashboard.web.charts.time_marks import BEFORE, ENDS, EVENTS, MOST_TICKS, WORDS, Shape

MOST_CATEGORIES = 8
OTHERS = "All others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a chart of time is drawn with beside its numbers."""

    drawn: Drawn
    now: datetime
    before: pl.DataFrame | None = None  # the period before, as `views.period_before` has it
    silences: pl.DataFrame | None = None  # as `views.silences` has them
    zone: tzinfo = UTC  # the reader's
    log: Sequence[str | None] | None = (
        None  # the whole log's categories, as `ranking.categories` has them: the first have colours
    )


def actions_over_time(
    frame: pl.DataFrame,
    width: Width,
    look: Look | None = None,
    around: Around | None = None,
    *,
    clickable: bool = False,
) -> Drawing:
    """The categories in each bucket, empty ones drawn as nothing; the axis names its zone.

    A bucket that is not over, or that the window cuts, is pale. `clickable` adds the selections `span` and `pick`.
    """
    look = look or Look()
    log = around.log if around else None
    named = kept(frame, log)
    zone = around.zone if around else UTC
    drawn = zoned.with_here(by_category(frame, width, around, named), "start", zone)
    has_others = bool((drawn["category"] == OTHERS).any()) or (log is not None and len(log) > len(named))
    colours = _colours(named, log or named, has_others=has_others)
    words = time_marks.words(colours, _ticks(drawn), _time_format(width))
    frames = {EVENTS: drawn, WORDS: words, **silence_marks.frames(around.silences if around else None, zone)}
    if look.form is Form.LINES and not drawn.filter(pl.col("state") != "").is_empty():
        frames[ENDS] = _unfinished_ends(drawn)
    if around is not None and around.before is not None and not around.before.is_empty():
        frames[BEFORE] = _before(around.before, named, width, look)
    of_axis = zoned.axis_zone(width, zone)
    here = zoned.title(zone)
    shape = Shape(
        form=look.form, scale=look.scale, entries=len(colours), has_here=here is not None, data=frozenset(frames),
        clickable=clickable,
    )  # fmt: skip
    label = zoned.label_expression(time_marks.TIME_FORMAT, drawn["start"], of_axis)
    written = time_marks.text(shape, title=f"Time ({zones.name_of(of_axis)})", label=label, here=here)
    return Drawing(written, frames)


def _colours(named: Sequence[str], log: Sequence[str | None], *, has_others: bool) -> tuple[tuple[str, str], ...]:
    """The log's most frequent have the same ones in each view."""
    labels = list(text.labels(named).values())
    hues = palette.hues(labels, palette.hues(text.labels(_first(log)).values()))
    others = ((OTHERS, palette.QUIET),) if has_others else ()
    return (*((label, hues[label]) for label in labels), *others)


def by_category(
    frame: pl.DataFrame, width: Width, around: Around | None = None, named: Sequence[str] | None = None
) -> pl.DataFrame:
    """The buckets with their ends and at most eight named categories: those of `kept`, unless others are given.

    Columns start, since (start in words), end, category, events, place (in the stack), state ("so far": not over,
    "cut": a part of it lies outside the window, else "").
    """
    named = kept(frame, around.log if around else None) if named is None else named
    merged = _short(frame.lazy(), named).group_by("bucket", "category").agg(pl.col("events").sum())
    places = {name: place for place, name in enumerate([*text.labels(named).values(), OTHERS])}
    state = pl.lit("")
    if around is not None:
        since, until, now = map(moment, (around.drawn.since, around.drawn.until, around.now))
        cut = (pl.col("bucket") < since) | (pl.col("end") > until)
        state = pl.when(pl.col("end") > now, pl.col("bucket") <= now).then(pl.lit("so far")).otherwise(
            pl.when(cut).then(pl.lit("cut")).otherwise(pl.lit(""))
        )  # fmt: skip
    told = pl.when(pl.col("state") == "").then(pl.lit("")).otherwise(pl.lit(", ") + pl.col("state"))
    return (
        merged.with_columns(end=moved(pl.col("bucket"), width, 1))
        .with_columns(state=state)
        .select(
            start=pl.col("bucket"),
            # Vega writes a tooltip's times in the reader's zone
            since=pl.col("bucket").dt.strftime("%Y-%m-%d %H:%M") + told,
            end="end",
            category="category",
            events="events",
            place=pl.col("category").replace_strict(places, return_dtype=pl.Int64),
            state="state",
        )
        .sort("start", "place")
        .collect(engine="in-memory")
    )


def kept(frame: pl.DataFrame, log: Sequence[str | None] | None = None) -> list[str]:
    """The categories with a colour of their own, the log's most frequent first: at most eight.

    They are the log's, so that a filter changes neither legend nor colours; where a filter leaves few, and some of them
    are none of these, they take the place of the least frequent.
    """
    categories = ranking.categories(frame)
    found = _first(categories)
    if log is None:
        return found
    common = _first(log)
    if set(found) <= set(common) or len(categories) - (None in categories) > MOST_CATEGORIES:
        return common
    named = [*found, *(name for name in common if name not in found)][:MOST_CATEGORIES]
    places = {name: place for place, name in enumerate(log)}
    return sorted(named, key=lambda name: places.get(name, len(places)))


def _first(categories: Sequence[str | None]) -> list[str]:
    return [name for name in categories if name is not None][:MOST_CATEGORIES]


def chosen(named: Sequence[str], label: str) -> tuple[Sequence[str], bool]:
    """The categories that an entry of the legend stands for, and whether it stands for all but these."""
    if label == OTHERS:
        return named, True
    return [value for value, short in text.labels(named).items() if short == label], False


def snapped(drawn: Drawn, first: datetime, last: datetime) -> tuple[datetime, datetime] | None:
    """The range that whole buckets make of a drag, within what is drawn; None for a drag beside it."""
    starts = drawn.buckets()
    ends = moved(starts, drawn.width, 1)
    touched = (ends > first) & (starts < max(last, first + timedelta(microseconds=1)))
    if not touched.any():
        return None
    since, until = starts.filter(touched)[0], ends.filter(touched)[-1]
    return max(since, drawn.since), min(until, drawn.until)


def _unfinished_ends(drawn: pl.DataFrame) -> pl.DataFrame:
    """The buckets that are not whole, each with its whole neighbour: column edge says which belong together."""
    starts = drawn.select("start", "state").unique().sort("start")
    parts = []
    for edge, ordered in (("first", starts), ("last", starts.reverse())):
        unfinished = ordered.with_columns((pl.col("state") == "").cum_sum().alias("passed")).filter(
            (pl.col("passed") == 0) | ((pl.col("passed") == 1) & (pl.col("state") == ""))
        )
        if unfinished.height > 1 or ordered["state"][0] != "":
            within = drawn.filter(pl.col("start").is_in(unfinished["start"].implode()))
            parts.append(within.with_columns(edge=pl.lit(edge)))
    return pl.concat(parts)


def _before(before: pl.DataFrame, named: Sequence[str], width: Width, look: Look) -> pl.DataFrame:
    """The period before: of each category among lines, else of all events, in the middle of each bucket."""
    if look.form is Form.LINES:
        totals = _short(before.lazy(), named).group_by("category", start="bucket").agg(pl.col("events").sum())
        return totals.sort("start", "category").collect(engine="in-memory")
    by_bucket = before.group_by(start="bucket").agg(pl.col("events").sum()).sort("start")
    return by_bucket.with_columns(pl.col("start") + (moved(by_bucket["start"], width, 1) - by_bucket["start"]) / 2)


def _short(frame: pl.LazyFrame, named: Sequence[str]) -> pl.LazyFrame:
    """The categories by their labels, those without a colour as one."""
    return frame.with_columns(
        category=pl.col("category").replace_strict(text.labels(named), default=OTHERS, return_dtype=pl.String)
    )


def _ticks(drawn: pl.DataFrame) -> list[datetime]:
    """The starts of a few buckets: Vega would put ticks between them that read alike. Among many it chooses well."""
    starts = drawn["start"].unique().sort()
    return starts.to_list() if starts.len() <= MOST_TICKS else []


def _time_format(width: Width) -> str:
    if width in (Width.MINUTE, Width.FIVE_MINUTES):
        return "%H:%M"
    if width is Width.HOUR:
        return "%-d %b %H:%M"
    return "%Y" if width is Width.YEAR else "%b %Y" if width is Width.MONTH else "%-d %b"
