"""Actions over time: bars, lines or shares of the categories, and what has to be seen around them.

Channel objects only: Altair takes three milliseconds to read each shorthand string.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

import altair as alt
import polars as pl

from dashboard.events.adornment import Width
from dashboard.query.drawn import Drawn, moved
from dashboard.web import text, zones
from dashboard.web.charts import palette, silence_marks, zoned
from dashboard.web.charts.look import Form, Look, Scale

MOST_CATEGORIES = 8
OTHERS = "All others"
WIDTHS = {
    Width.MINUTE: "minute",
    Width.FIVE_MINUTES: "5 minutes",
    Width.HOUR: "hour",
    Width.SIX_HOURS: "6 hours",
    Width.DAY: "day",
    Width.WEEK: "week",
    Width.MONTH: "month",
    Width.YEAR: "year",
}
AnyChart = alt.Chart | alt.LayerChart | alt.FacetChart

SPAN, PICK = "span", "pick"  # the selections: a range of time, a category
_MOST_TICKS = 5
_PLOT_PIXELS, _AXIS_PIXELS, _LEGEND_ROW_PIXELS = 140, 90, 15
_LEGEND_COLUMNS = 2
_PALE = 0.45


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a chart of time is drawn with beside its numbers."""

    drawn: Drawn
    now: datetime
    before: pl.DataFrame | None = None  # the period before, as `views.period_before` has it
    silences: pl.DataFrame | None = None  # as `views.silences` has them
    zone: tzinfo = UTC  # the reader's


@dataclass(frozen=True, slots=True)
class Axis:
    """What all layers of one chart share."""

    width: Width
    zone: tzinfo
    named: list[str]  # the categories with a colour of their own, the most frequent first
    look: Look

    @property
    def title(self) -> str:
        """The axis's, the same for each layer: Vega would write others beside each other."""
        zone = zones.name_of(zoned.axis_zone(self.width, self.zone))
        return f"Time ({zone}), per {WIDTHS[self.width]}"


def actions_over_time(
    frame: pl.DataFrame,
    width: Width,
    look: Look | None = None,
    around: Around | None = None,
    *,
    clickable: bool = False,
) -> AnyChart:
    """The categories in each bucket, empty ones drawn as nothing; the axis names its zone and the bucket's width.

    A bucket that is not over, or that the window cuts, is pale. `clickable` adds the selections `span` and `pick`.
    """
    look = look or Look()
    zone = around.zone if around else UTC
    drawn = zoned.with_here(by_category(frame, width, around), "start", zone)
    axis = Axis(width, zone, _named(drawn), look)
    main = (_lines if look.form is Form.LINES else _bars)(alt.Chart(drawn), drawn, axis)
    if clickable:
        main[0] = main[0].add_params(*_selections())
    layers = [*silence_marks.layers(around.silences if around else None, axis.title, zone), *main]
    if around is not None and around.before is not None and not around.before.is_empty():
        layers.append(_before(around.before, frame, axis))
    chart = layers[0] if len(layers) == 1 else alt.layer(*layers)
    return chart.properties(height=_pixels(drawn), padding={"left": 0, "right": 4, "top": 4, "bottom": 0})


def _pixels(drawn: pl.DataFrame) -> int:
    """The height of all of it: Streamlit counts axis and legend in, which must not take it from the bars."""
    rows = -(-drawn["category"].n_unique() // _LEGEND_COLUMNS)
    return _PLOT_PIXELS + _AXIS_PIXELS + rows * _LEGEND_ROW_PIXELS


def _selections() -> tuple[alt.Parameter, alt.Parameter]:
    brush = alt.BrushConfig(fill=palette.QUIET, fillOpacity=0.15, stroke=palette.QUIET, strokeOpacity=0.6)
    return (
        alt.selection_interval(name=SPAN, encodings=["x"], mark=brush, zoom=False, translate=False),
        alt.selection_point(name=PICK, fields=["category"], on="click", bind="legend", toggle=False),
    )


def _bars(base: alt.Chart, drawn: pl.DataFrame, axis: Axis) -> list[alt.Chart]:
    faded = alt.when(alt.datum.state == "").then(alt.value(1)).otherwise(alt.value(_PALE))
    return [
        base.mark_bar(binSpacing=1, orient="vertical", cursor="pointer").encode(
            x=_time(drawn, axis, binned=True),
            x2=alt.X2("end"),
            y=_height(axis.look, "normalize" if axis.look.form is Form.SHARE else "zero"),
            color=_colour(drawn, axis.named),
            opacity=faded,
            order=alt.Order("place", type="quantitative"),
            tooltip=_tooltip(drawn, axis.zone),
        )
    ]


def _lines(base: alt.Chart, drawn: pl.DataFrame, axis: Axis) -> list[alt.Chart]:
    """A line for each category; what leads to a bucket that is not whole is dashed."""
    x, y, colour = _time(drawn, axis), _height(axis.look, None), _colour(drawn, axis.named)
    tooltip = _tooltip(drawn, axis.zone)
    encoded = base.encode(x=x, y=y, color=colour, tooltip=tooltip)
    lines = encoded.mark_line(strokeWidth=2, cursor="pointer", point=alt.OverlayMarkDef(size=18, cursor="pointer"))
    whole = lines.transform_filter(alt.datum.state == "")
    if drawn.filter(pl.col("state") != "").is_empty():
        return [whole]
    ends = _unfinished_ends(drawn)
    dashed = alt.Chart(ends).mark_line(strokeWidth=2, strokeDash=[3, 3], opacity=0.7).encode(
        x=x, y=y, color=colour, detail=alt.Detail("edge:N"), tooltip=tooltip
    )  # fmt: skip
    return [whole, dashed]


def _unfinished_ends(drawn: pl.DataFrame) -> pl.DataFrame:
    """The buckets that are not whole, each with its whole neighbour: column edge says which belong together."""
    starts = drawn.select("start", "state").unique().sort("start")
    parts = []
    for edge, ordered in (("first", starts), ("last", starts.reverse())):
        unfinished = ordered.with_columns((pl.col("state") == "").cum_sum().alias("passed")).filter(
            (pl.col("passed") == 0) | ((pl.col("passed") == 1) & (pl.col("state") == ""))
        )
        if unfinished.height > 1 or ordered["state"][0] != "":
            kept = drawn.filter(pl.col("start").is_in(unfinished["start"].implode()))
            parts.append(kept.with_columns(edge=pl.lit(edge)))
    return pl.concat(parts)


def _before(before: pl.DataFrame, frame: pl.DataFrame, axis: Axis) -> alt.Chart:
    """The period before as a pale line: of all events over bars, of each category among lines."""
    by_bucket = before.group_by(start="bucket").agg(pl.col("events").sum()).sort("start")
    line: alt.Chart
    if axis.look.form is Form.LINES:
        kept = _kept(frame)
        shown = _short(before, kept).group_by("category", start="bucket").agg(pl.col("events").sum())
        line = alt.Chart(shown.sort("start", "category")).encode(
            color=_colour(shown, [name for name in text.labels(kept).values() if name in shown["category"]])
        )
    else:
        middle = pl.col("start") + (moved(by_bucket["start"], axis.width, 1) - by_bucket["start"]) / 2
        line = alt.Chart(by_bucket.with_columns(middle))
    drawn: alt.Chart = line.mark_line(strokeWidth=1.5, opacity=_PALE, color=palette.QUIET).encode(
        x=alt.X("start", type="temporal", scale=alt.Scale(type="utc"), title=axis.title),
        y=_height(axis.look, None),
        tooltip=[alt.Tooltip("events", type="quantitative", title="Events in the period before", format=",")],
    )
    return drawn


def _time(drawn: pl.DataFrame, axis: Axis, *, binned: bool = False) -> alt.X:
    zone = zoned.axis_zone(axis.width, axis.zone)
    return alt.X(
        "start",
        type="temporal",
        title=axis.title,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(
            tickCount=_MOST_TICKS,
            values=_ticks(drawn) or alt.Undefined,
            labelOverlap=True,
            grid=False,
            labelExpr=zoned.label_expression(_time_format(axis.width), drawn["start"], zone),
        ),
        bin="binned" if binned else alt.Undefined,
    )


def _height(look: Look, stack: Literal["normalize", "zero"] | None) -> alt.Y:
    share = look.form is Form.SHARE
    is_log = look.scale is Scale.LOG
    return alt.Y(
        "events",
        type="quantitative",
        title=None,
        stack=stack,
        scale=alt.Scale(type="symlog") if is_log else alt.Undefined,
        axis=alt.Axis(
            tickCount=4,
            tickMinStep=alt.Undefined if share else 1,
            format=".0%" if share else ",d",
            values=[0, *(10**n for n in range(12))] if is_log else alt.Undefined,
            domain=False,
            ticks=False,
        ),
    )


def _colour(drawn: pl.DataFrame, named: list[str]) -> alt.Color:
    colours = palette.hues(named)
    domain = [*named, OTHERS] if OTHERS in drawn["category"] else named
    scale = alt.Scale(domain=domain, range=[colours.get(name, palette.QUIET) for name in domain])
    legend = alt.Legend(
        title=None, orient="bottom", columns=_LEGEND_COLUMNS, labelLimit=92, symbolType="square", symbolSize=50,
        labelFontSize=11, columnPadding=6, offset=0,
    )  # fmt: skip
    return alt.Color("category", type="nominal", scale=scale, legend=legend)


def _tooltip(drawn: pl.DataFrame, zone: tzinfo) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("category", type="nominal", title="Category"),
        alt.Tooltip("since", type="nominal", title="From (UTC)"),
        *zoned.tooltips(drawn, zone),
        alt.Tooltip("events", type="quantitative", title="Events", format=","),
    ]


def _named(drawn: pl.DataFrame) -> list[str]:
    totals = drawn.group_by("category").agg(pl.col("events").sum())
    ordered = totals.sort(["events", "category"], descending=[True, False])["category"]
    return [name for name in ordered.to_list() if name != OTHERS]


def by_category(frame: pl.DataFrame, width: Width, around: Around | None = None) -> pl.DataFrame:
    """The buckets with their ends and at most eight named categories.

    Columns start, since (start in words), end, category, events, place (in the stack), state ("so far": not over,
    "cut": a part of it lies outside the window, else "").
    """
    kept = _kept(frame)
    merged = _short(frame, kept).group_by("bucket", "category").agg(pl.col("events").sum())
    places = {name: place for place, name in enumerate([*text.labels(kept).values(), OTHERS])}
    state = pl.lit("")
    if around is not None:
        since, until, now = around.drawn.since, around.drawn.until, around.now
        cut = (pl.col("bucket") < since) | (pl.col("end") > until)
        state = pl.when(pl.col("end") > now, pl.col("bucket") <= now).then(pl.lit("so far")).otherwise(
            pl.when(cut).then(pl.lit("cut")).otherwise(pl.lit(""))
        )  # fmt: skip
    told = pl.when(pl.col("state") == "").then(pl.lit("")).otherwise(pl.lit(", ") + pl.col("state"))
    return (
        merged.with_columns(end=moved(merged["bucket"], width, 1))
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
    )


def chosen(frame: pl.DataFrame, label: str) -> tuple[list[str], bool]:
    """The categories that an entry of the legend stands for, and whether it stands for all but these."""
    kept = _kept(frame)
    if label == OTHERS:
        return kept, True
    return [value for value, short in text.labels(kept).items() if short == label], False


def snapped(drawn: Drawn, first: datetime, last: datetime) -> tuple[datetime, datetime] | None:
    """The range that whole buckets make of a drag, within what is drawn; None for a drag beside it."""
    starts = drawn.buckets()
    ends = moved(starts, drawn.width, 1)
    touched = (ends > first) & (starts < max(last, first + timedelta(microseconds=1)))
    if not touched.any():
        return None
    since, until = starts.filter(touched)[0], ends.filter(touched)[-1]
    return max(since, drawn.since), min(until, drawn.until)


def _kept(frame: pl.DataFrame) -> list[str]:
    """The categories with a colour of their own, the most frequent first."""
    totals = frame.group_by("category").agg(pl.col("events").sum())
    ordered = totals.sort(["events", "category"], descending=[True, False])
    return ordered.drop_nulls("category")["category"].head(MOST_CATEGORIES).to_list()


def _short(frame: pl.DataFrame, kept: list[str]) -> pl.DataFrame:
    """The categories by their labels, those without a colour as one."""
    return frame.with_columns(
        category=pl.col("category").replace_strict(text.labels(kept), default=OTHERS, return_dtype=pl.String)
    )


def _ticks(drawn: pl.DataFrame) -> list[str]:
    """The starts of a few buckets: Vega would put ticks between them that read alike. Among many it chooses well."""
    starts = drawn["start"].unique().sort()
    return starts.dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_list() if starts.len() <= _MOST_TICKS else []


def _time_format(width: Width) -> str:
    if width in (Width.MINUTE, Width.FIVE_MINUTES):
        return "%H:%M"
    if width is Width.HOUR:
        return "%-d %b %H:%M"
    return "%Y" if width is Width.YEAR else "%b %Y" if width is Width.MONTH else "%-d %b"
