"""The marks of actions over time, of named data: bars, lines or shares, and what is seen around them.

Channel objects only: Altair takes three milliseconds to read each shorthand string.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import altair as alt

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
MOST_TICKS = 5
_PLOT_PIXELS, _AXIS_PIXELS, _LEGEND_ROW_PIXELS = 140, 90, 15
_LEGEND_COLUMNS = 2
_PALE = 0.45


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """All that the text of a chart depends on."""

    form: Form
    scale: Scale
    colours: tuple[tuple[str, str], ...]  # of each entry of the legend, in order
    ticks: tuple[str, ...]  # the starts of a few buckets; without them Vega chooses
    title: str  # of the axis, the same for each layer: Vega would write others beside each other
    label: str  # Vega's expression of a tick's label
    here: str | None  # the title of a time in the reader's zone
    data: frozenset[str]  # the names of what is drawn
    clickable: bool


@lru_cache(maxsize=256)
def text(marks: Marks) -> str:
    """The chart's Vega-Lite."""
    main = _lines(marks) if marks.form is Form.LINES else _bars(marks)
    if marks.clickable:
        main[0] = main[0].add_params(*_selections())
    behind = silence_marks.layers(marks.title, marks.here) if silence_marks.FIELDS in marks.data else []
    layers = [*behind, *main, *([_before(marks)] if BEFORE in marks.data else [])]
    chart = layers[0] if len(layers) == 1 else alt.layer(*layers)
    return drawing.written(
        chart.properties(height=_pixels(marks), padding={"left": 0, "right": 4, "top": 4, "bottom": 0})
    )


def _pixels(marks: Marks) -> int:
    """The height of all of it: Streamlit counts axis and legend in, which must not take it from the bars."""
    return _PLOT_PIXELS + _AXIS_PIXELS + -(-len(marks.colours) // _LEGEND_COLUMNS) * _LEGEND_ROW_PIXELS


def _selections() -> tuple[alt.Parameter, alt.Parameter]:
    brush = alt.BrushConfig(fill=palette.QUIET, fillOpacity=0.15, stroke=palette.QUIET, strokeOpacity=0.6)
    return (
        alt.selection_interval(name=SPAN, encodings=["x"], mark=brush, zoom=False, translate=False),
        alt.selection_point(name=PICK, fields=["category"], on="click", bind="legend", toggle=False),
    )


def _bars(marks: Marks) -> list[alt.Chart]:
    faded = alt.when(alt.datum.state == "").then(alt.value(1)).otherwise(alt.value(_PALE))
    return [
        drawing.named(EVENTS).mark_bar(binSpacing=1, orient="vertical", cursor="pointer").encode(
            x=_time(marks, binned=True),
            x2=alt.X2("end"),
            y=_height(marks, "normalize" if marks.form is Form.SHARE else "zero"),
            color=_colour(marks),
            opacity=faded,
            order=alt.Order("place", type="quantitative"),
            tooltip=_tooltip(marks),
        )
    ]  # fmt: skip


def _lines(marks: Marks) -> list[alt.Chart]:
    """A line for each category; what leads to a bucket that is not whole is dashed."""
    whole = _encoded(drawing.named(EVENTS), marks).transform_filter(alt.datum.state == "")
    lines = whole.mark_line(strokeWidth=2, cursor="pointer", point=alt.OverlayMarkDef(size=18, cursor="pointer"))
    if ENDS not in marks.data:
        return [lines]
    dashed = drawing.named(ENDS).mark_line(strokeWidth=2, strokeDash=[3, 3], opacity=0.7)
    return [lines, _encoded(dashed, marks).encode(detail=alt.Detail("edge", type="nominal"))]


def _encoded(chart: alt.Chart, marks: Marks) -> alt.Chart:
    return chart.encode(x=_time(marks), y=_height(marks, None), color=_colour(marks), tooltip=_tooltip(marks))


def _before(marks: Marks) -> alt.Chart:
    """The period before as a pale line: of all events over bars, of each category among lines."""
    line: alt.Chart = drawing.named(BEFORE).mark_line(strokeWidth=1.5, opacity=_PALE, color=palette.QUIET).encode(
        x=alt.X("start", type="temporal", scale=alt.Scale(type="utc"), title=marks.title),
        y=_height(marks, None),
        tooltip=[alt.Tooltip("events", type="quantitative", title="Events in the period before", format=",")],
    )  # fmt: skip
    return line.encode(color=_colour(marks)) if marks.form is Form.LINES else line


def _time(marks: Marks, *, binned: bool = False) -> alt.X:
    return alt.X(
        "start",
        type="temporal",
        title=marks.title,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(
            tickCount=MOST_TICKS,
            values=list(marks.ticks) or alt.Undefined,
            labelOverlap=True,
            grid=False,
            labelExpr=marks.label,
        ),
        bin="binned" if binned else alt.Undefined,
    )


def _height(marks: Marks, stack: Literal["normalize", "zero"] | None) -> alt.Y:
    share = marks.form is Form.SHARE
    is_log = marks.scale is Scale.LOG
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


def _colour(marks: Marks) -> alt.Color:
    domain, colours = zip(*marks.colours, strict=True) if marks.colours else ((), ())
    legend = alt.Legend(
        title=None, orient="bottom", columns=_LEGEND_COLUMNS, labelLimit=92, symbolType="square", symbolSize=50,
        labelFontSize=11, columnPadding=6, offset=0,
    )  # fmt: skip
    return alt.Color(
        "category", type="nominal", scale=alt.Scale(domain=list(domain), range=list(colours)), legend=legend
    )


def _tooltip(marks: Marks) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("category", type="nominal", title="Category"),
        alt.Tooltip("since", type="nominal", title="From (UTC)"),
        *zoned.tooltips(marks.here),
        alt.Tooltip("events", type="quantitative", title="Events", format=","),
    ]
