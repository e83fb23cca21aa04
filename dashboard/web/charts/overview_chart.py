"""The strip of the whole log's history, with the window on it."""

from datetime import UTC, datetime, tzinfo
from functools import lru_cache

import altair as alt
import polars as pl

from dashboard.events.adornment import Width
from dashboard.query.drawn import moved
from dashboard.web.charts import drawing, palette, zoned
from dashboard.web.charts.drawing import Drawing

SPAN = "span"
_BARS, _WINDOW = "history", "window"
_HEIGHT = 44


def overview(
    history: pl.DataFrame,
    width: Width,
    window: tuple[datetime, datetime] | None,
    zone: tzinfo = UTC,
    *,
    clickable: bool = False,
) -> Drawing:
    """All events of each bucket, whatever the filter; the window is shaded. `clickable` adds the selection `span`."""
    totals = history.lazy().group_by(start="bucket").agg(pl.col("events").sum()).sort("start")
    frame = totals.with_columns(
        end=moved(pl.col("start"), width, 1), since=pl.col("start").dt.strftime("%Y-%m-%d %H:%M")
    ).collect(engine="in-memory")
    frames = {_BARS: zoned.with_here(frame, "start", zone)}
    if window is not None:
        frames[_WINDOW] = pl.DataFrame({"start": [window[0]], "end": [window[1]]})
    here = zoned.title(zone)
    form = _form(has_here=here is not None, has_window=window is not None, clickable=clickable)
    return Drawing(drawing.filled(form, height=_HEIGHT, label=_label(frame), here=here), frames)


@lru_cache
def _form(*, has_here: bool, has_window: bool, clickable: bool) -> str:
    x = alt.X(
        "start", type="temporal", title=None, bin="binned", scale=alt.Scale(type="utc"),
        axis=alt.Axis(
            tickCount=3, grid=False, domain=False, ticks=False, labelOverlap=True, labelFlush=True,
            labelExpr=drawing.hole("label"),
        ),
    )  # fmt: skip
    bars = drawing.named(_BARS).mark_bar(color=palette.QUIET, opacity=0.55, binSpacing=0, orient="vertical").encode(
        x=x, x2=alt.X2("end"),
        y=alt.Y("events", type="quantitative", title=None, axis=None),
        tooltip=[
            alt.Tooltip("since", type="nominal", title="From (UTC)"),
            *zoned.tooltips(has_here=has_here),
            alt.Tooltip("events", type="quantitative", title="Events in the whole log", format=","),
        ],
    )  # fmt: skip
    if clickable:
        brush = alt.BrushConfig(fill=palette.QUIET, fillOpacity=0.2, stroke=palette.QUIET)
        bars = bars.add_params(
            alt.selection_interval(name=SPAN, encodings=["x"], mark=brush, zoom=False, translate=False)
        )
    layers = [bars]
    if has_window:
        shade = drawing.named(_WINDOW).mark_rect(color=palette.ACCENT, opacity=0.18, clip=True)
        x_of_window = alt.X("start", type="temporal", scale=alt.Scale(type="utc"))
        layers.insert(0, shade.encode(x=x_of_window, x2=alt.X2("end")))
    return drawing.form(alt.layer(*layers).properties(padding={"left": 0, "right": 4, "top": 0, "bottom": 0}))


def _label(frame: pl.DataFrame) -> str:
    """Vega's expression of a tick's label: days within a year, months beyond."""
    days = (frame["end"].max() - frame["start"].min()).days  # type: ignore[union-attr,operator]  # times
    time_format = "%-d %b %H:%M" if days < 4 else "%-d %b" if days < 300 else "%b %Y"
    return f"utcFormat(datum.value, '{time_format}')"
