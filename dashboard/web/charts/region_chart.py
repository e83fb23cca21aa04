"""Failed logins by region: horizontal bars, each a filter."""

from collections.abc import Sequence
from functools import lru_cache

import altair as alt
import polars as pl

from dashboard.web import text
from dashboard.web.charts import drawing, palette
from dashboard.web.charts.drawing import Drawing

MOST_REGIONS = 10
NO_REGION = "No region"
PICK = "pick"
_BARS = "regions"
_MARK_RADIUS = 2
_BAR_PIXELS = 19


def failed_logins_by_region(regions: pl.DataFrame, *, clickable: bool = False) -> Drawing:
    """Horizontal bars, most first: ten regions, then the rest as one; each with its number.

    `clickable` adds the selection `pick`, of the whole row: a bar of one event is a pixel wide.
    """
    frame = top_regions(regions).with_row_index("place")
    written = drawing.filled(_form(clickable), height=_BAR_PIXELS * frame.height + 14)
    return Drawing(written, {_BARS: frame})


@lru_cache
def _form(clickable: bool) -> str:
    base = drawing.named(_BARS).encode(
        y=alt.Y(
            "region",
            type="nominal",
            sort=alt.EncodingSortField("place", op="min"),
            title=None,
            scale=alt.Scale(paddingOuter=0.3),
            axis=alt.Axis(labelLimit=120, domain=False, ticks=False, labelFlush=False),
        ),
        x=alt.X("events", type="quantitative", title=None, axis=None, scale=alt.Scale(domainMin=0, nice=False)),
        tooltip=[
            alt.Tooltip("region", type="nominal", title="Region"),
            alt.Tooltip("events", type="quantitative", title="Failed logins", format=","),
        ],
    )
    bars = base.mark_bar(color=palette.FAILURE, cornerRadiusEnd=_MARK_RADIUS, height={"band": 0.62})
    values = base.mark_text(align="left", dx=4, color=palette.QUIET).encode(
        text=alt.Text("events", type="quantitative", format=",")
    )
    layers = [bars, values]
    if clickable:
        row = base.mark_bar(opacity=0, height={"band": 1}, cursor="pointer").encode(
            x=alt.value(0), x2=alt.value("width")
        )
        layers.append(row.add_params(alt.selection_point(name=PICK, fields=["region"], on="click", toggle=False)))
    return drawing.form(alt.layer(*layers).properties(padding={"left": 0, "right": 36, "top": 6, "bottom": 0}))


def top_regions(regions: pl.DataFrame) -> pl.DataFrame:
    """The ten regions with most failed logins, then the rest as one row; columns region (text), events."""
    merged = _named(regions).group_by("region", maintain_order=True).agg(pl.col("events").sum())
    head, rest = merged.head(MOST_REGIONS), merged.slice(MOST_REGIONS)
    if rest.is_empty():
        return head
    return pl.concat(
        [head, pl.DataFrame({"region": [_others(rest)], "events": [rest["events"].sum()]}, schema=head.schema)]
    )


def chosen(regions: pl.DataFrame, label: str) -> tuple[Sequence[str | None], bool]:
    """The regions that a bar stands for, and whether it stands for all but these."""
    named = _named(regions).with_columns(value=regions["region"])
    labels = top_regions(regions)["region"].to_list()
    if label not in labels:
        return [], False
    if label == labels[-1] and label not in named["region"]:
        return named.filter(pl.col("region").is_in(labels))["value"].to_list(), True
    return named.filter(pl.col("region") == label)["value"].to_list(), False


def _named(regions: pl.DataFrame) -> pl.DataFrame:
    # Not by map_elements: a Python function within Polars waits for ever when other fragments ask at the same time.
    names = [NO_REGION if name is None else text.one_line(name, 40) or "(empty)" for name in regions["region"]]
    return regions.with_columns(region=pl.Series(names, dtype=pl.String))


def _others(rest: pl.DataFrame) -> str:
    return f"{rest.height:,} more" if rest.height > 1 else "1 more"
