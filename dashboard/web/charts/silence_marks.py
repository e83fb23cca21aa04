"""Silence drawn: a pale field with slanting lines where a source said nothing, which is not the same as zero events."""

from datetime import UTC, tzinfo

import altair as alt
import polars as pl

from dashboard.web import text
from dashboard.web.charts import drawing, palette, zoned

_LINES = 9  # in each field


FIELDS, SLANTS = "silences", "slants"


def frames(silences: pl.DataFrame | None, zone: tzinfo = UTC) -> dict[str, pl.DataFrame]:
    """What the layers draw; nothing where there is no gap."""
    if silences is None or silences.is_empty():
        return {}
    fields = zoned.with_here(_fields(silences), "since", zone)
    return {FIELDS: fields, SLANTS: _slants(fields)}


def layers(title: str, *, has_here: bool) -> list[alt.Chart]:
    """The layers below the bars. `title` is the axis's; `has_here` says whether there are times in the reader's zone.

    Vega has no pattern to fill with: each line is drawn.
    """
    tooltip = [
        alt.Tooltip("source", type="nominal", title="Silent"),
        alt.Tooltip("from", type="nominal", title="From (UTC)"),
        alt.Tooltip("to", type="nominal", title="To (UTC)"),
        *zoned.tooltips(has_here=has_here),
    ]
    x = alt.X("since", type="temporal", scale=alt.Scale(type="utc"), title=title)
    ends = {"x": x, "x2": alt.X2("until"), "tooltip": tooltip}
    top = drawing.named(FIELDS).mark_rect(color=palette.QUIET, opacity=0.12).encode(**ends)
    slants = drawing.named(SLANTS).mark_rule(color=palette.QUIET, opacity=0.45, strokeWidth=1, clip=True).encode(
        x=x, x2=alt.X2("until"), y=alt.value("height"), y2=alt.value(0), detail=alt.Detail("line", type="nominal")
    )  # fmt: skip
    return [top, slants]


def _fields(silences: pl.DataFrame) -> pl.DataFrame:
    """The gaps as they are drawn: columns source (in short), since, until, from and to (in words)."""
    moment = "%Y-%m-%d %H:%M"
    return silences.select(
        source=pl.Series([text.one_line(name or "", 40) for name in silences["source"]], dtype=pl.String),
        since="since",
        until="until",
        **{"from": pl.col("since").dt.strftime(moment), "to": pl.col("until").dt.strftime(moment)},
    )


def _slants(fields: pl.DataFrame) -> pl.DataFrame:
    """Each field cut into steps, a line across each from its foot to its head."""
    steps = fields.join(pl.DataFrame({"line": range(_LINES)}), how="cross")
    length = (pl.col("until") - pl.col("since")) / _LINES
    return steps.select(
        since=pl.col("since") + length * pl.col("line"),
        until=pl.col("since") + length * (pl.col("line") + 1),
        line="line",
    )
