"""The marks of actions over time, of named data: bars, lines or shares, and what is seen around them.

What the legend and the ticks say is data, too (`WORDS`): a filter that brings other categories or another time leaves
the chart where it is, which is then drawn 50 ms sooner.

Channel objects only: Altair takes three milliseconds to read each shorthand string.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

import altair as alt
import polars as pl

from dashboard.events.adornment import Width
from dashboard.web.charts import drawing, palette, silence_marks, zoned
from dashboard.web.charts.look import Form, Scale

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
SPAN, PICK = "span", "pick"  # the selections: a range of time, a category
EVENTS, ENDS, BEFORE = "events", "ends", "before"  # the data: buckets, those not whole, the period before
WORDS = "words"  # the entries of the legend, in order, and what the axis of time says
MOST_TICKS = 5
_PLOT_PIXELS, _AXIS_PIXELS, _LEGEND_ROW_PIXELS = 140, 90, 15
_LEGEND_COLUMNS = 2
_PALE = 0.45
_TITLE = drawing.hole("title")
TIME_FORMAT = f"data('{WORDS}')[0].format"
"""Vega's expression of how the axis writes a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What no hole is left for: a form is written for each."""

    form: Form
    scale: Scale
    entries: int  # of the legend
    has_here: bool  # whether there are times in the reader's zone
    data: frozenset[str]  # the names of what is drawn
    clickable: bool


def words(colours: Sequence[tuple[str, str]], ticks: Sequence[datetime], time_format: str) -> pl.DataFrame:
    """What legend and axis say: columns label and colour of each entry, tick, format.

    Without ticks Vega chooses them. At most `MOST_TICKS`; there are as many rows, or more.
    """
    rows = max(len(colours), MOST_TICKS)
    labels, hues = [label for label, _ in colours], [colour for _, colour in colours]
    there = [*ticks, *[ticks[-1] if ticks else None] * (rows - len(ticks))]  # a tick that is said twice is drawn once
    return pl.DataFrame(
        {
            "place": range(rows),
            "label": labels + [None] * (rows - len(labels)),
            "colour": hues + [None] * (rows - len(hues)),
            "tick": there,
            "format": [time_format] * rows,
        },
        schema={"place": pl.Int64, "label": pl.String, "colour": pl.String, "tick": pl.Datetime("us", "UTC"),
                "format": pl.String},
    )  # fmt: skip


def text(shape: Shape, *, title: str, label: str, here: str | None) -> str:
    """The chart's Vega-Lite.

    `title` is the axis's, the same for each layer: Vega would write others beside each other. `label` is Vega's
    expression of a tick's, `here` the title of a time in the reader's zone.
    """
    return drawing.filled(_form(shape), height=_pixels(shape), title=title, label=label, here=here)


@lru_cache
def _form(shape: Shape) -> str:
    main = _lines(shape) if shape.form is Form.LINES else _bars(shape)
    if shape.clickable:
        main[0] = main[0].add_params(*_selections())
    # Vega knows the data that some mark asks for.
    main[0] = main[0].transform_lookup(
        lookup="place", from_=alt.LookupData(data=alt.NamedData(WORDS), key="place", fields=["colour"])
    )
    behind = silence_marks.layers(_TITLE, has_here=shape.has_here) if silence_marks.FIELDS in shape.data else []
    layers = [*behind, *main, *([_before(shape)] if BEFORE in shape.data else [])]
    chart = layers[0] if len(layers) == 1 else alt.layer(*layers)
    return drawing.form(chart.properties(padding={"left": 0, "right": 4, "top": 4, "bottom": 0}))


def _pixels(shape: Shape) -> int:
    """The height of all of it: Streamlit counts axis and legend in, which must not take it from the bars."""
    return _PLOT_PIXELS + _AXIS_PIXELS + -(-shape.entries // _LEGEND_COLUMNS) * _LEGEND_ROW_PIXELS


def _selections() -> tuple[alt.Parameter, alt.Parameter]:
    brush = alt.BrushConfig(fill=palette.QUIET, fillOpacity=0.15, stroke=palette.QUIET, strokeOpacity=0.6)
    return (
        alt.selection_interval(name=SPAN, encodings=["x"], mark=brush, zoom=False, translate=False),
        alt.selection_point(name=PICK, fields=["category"], on="click", bind="legend", toggle=False),
    )


def _bars(shape: Shape) -> list[alt.Chart]:
    faded = alt.when(alt.datum.state == "").then(alt.value(1)).otherwise(alt.value(_PALE))
    return [
        drawing.named(EVENTS).mark_bar(binSpacing=1, orient="vertical", cursor="pointer").encode(
            x=_time(shape, binned=True),
            x2=alt.X2("end"),
            y=_height(shape, "normalize" if shape.form is Form.SHARE else "zero"),
            color=_colour(shape),
            opacity=faded,
            order=alt.Order("place", type="quantitative"),
            tooltip=_tooltip(shape),
        )
    ]  # fmt: skip


def _lines(shape: Shape) -> list[alt.Chart]:
    """A line for each category; what leads to a bucket that is not whole is dashed."""
    whole = _encoded(drawing.named(EVENTS), shape).transform_filter(alt.datum.state == "")
    lines = whole.mark_line(strokeWidth=2, cursor="pointer", point=alt.OverlayMarkDef(size=18, cursor="pointer"))
    if ENDS not in shape.data:
        return [lines]
    dashed = drawing.named(ENDS).mark_line(strokeWidth=2, strokeDash=[3, 3], opacity=0.7)
    return [lines, _encoded(dashed, shape).encode(detail=alt.Detail("edge", type="nominal"))]


def _encoded(chart: alt.Chart, shape: Shape) -> alt.Chart:
    return chart.encode(x=_time(shape), y=_height(shape, None), color=_colour(shape), tooltip=_tooltip(shape))


def _before(shape: Shape) -> alt.Chart:
    """The period before as a pale line: of all events over bars, of each category among lines."""
    line: alt.Chart = drawing.named(BEFORE).mark_line(strokeWidth=1.5, opacity=_PALE, color=palette.QUIET).encode(
        x=alt.X("start", type="temporal", scale=alt.Scale(type="utc"), title=_TITLE),
        y=_height(shape, None),
        tooltip=[alt.Tooltip("events", type="quantitative", title="Events in the period before", format=",")],
    )  # fmt: skip
    return line.encode(color=_colour(shape)) if shape.form is Form.LINES else line


def _time(shape: Shape, *, binned: bool = False) -> alt.X:
    return alt.X(
        "start",
        type="temporal",
        title=_TITLE,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(
            tickCount=MOST_TICKS,
            values=alt.ExprRef(f"data('{WORDS}')[0].tick == null ? null : pluck(data('{WORDS}'), 'tick')"),
            labelOverlap=True,
            grid=False,
            labelExpr=drawing.hole("label"),
        ),
        bin="binned" if binned else alt.Undefined,
    )


def _height(shape: Shape, stack: Literal["normalize", "zero"] | None) -> alt.Y:
    share = shape.form is Form.SHARE
    is_log = shape.scale is Scale.LOG
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


def _colour(shape: Shape) -> alt.Color:
    labels, colours = (
        [alt.ExprRef(f"data('{WORDS}')[{place}].{column}") for place in range(shape.entries)]
        for column in ("label", "colour")
    )
    scale = alt.Scale(domain=labels, range=colours)
    legend = alt.Legend(
        title=None, orient="bottom", columns=_LEGEND_COLUMNS, labelLimit=92, symbolType="square", symbolSize=50,
        labelFontSize=11, columnPadding=6, offset=0,
    )  # fmt: skip
    return alt.Color("category", type="nominal", scale=scale, legend=legend)


def _tooltip(shape: Shape) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("category", type="nominal", title="Category"),
        alt.Tooltip("since", type="nominal", title="From (UTC)"),
        *zoned.tooltips(has_here=shape.has_here),
        alt.Tooltip("events", type="quantitative", title="Events", format=","),
    ]
