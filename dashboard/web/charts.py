"""The two charts beside the table, of exactly the events that the table pages through.

Channel objects only: Altair takes three milliseconds to read each shorthand string.
"""

import altair as alt
import polars as pl
import streamlit as st

from dashboard.events.adornment import Width
from dashboard.web import cards, palette, text
from dashboard.web.answers import Screen

MOST_REGIONS = 10
MOST_CATEGORIES = 8
NO_REGION = "No region"
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
_OFFSETS = {Width.WEEK: "1w", Width.MONTH: "1mo", Width.YEAR: "1y"}
_MOST_TICKS = 5
_MARK_RADIUS = 2
_BAR_PIXELS = 19
_SKELETON_PIXELS = 250


def charts(screen: Screen) -> None:
    """Failed logins by region, and actions over time by category; the page and each other need not wait for them."""
    with st.container(border=True, key="failed-logins"):
        st.markdown("##### Failed logins by region")
        _failed_logins(screen)
    with st.container(border=True, key="over-time"):
        st.markdown("##### Actions over time")
        _over_time(screen)


@st.fragment(parallel=True)
def _failed_logins(screen: Screen) -> None:
    with cards.boundary():
        with st.skeleton(height=_SKELETON_PIXELS):
            regions = screen.failed_logins_by_region()
        failed = int(regions["events"].sum())
        st.caption(f"{text.count(failed, 'failed login')} in this view")
        if failed:
            st.altair_chart(failed_logins_by_region(regions), alt="Bars: failed logins by region", key="chart-regions")


@st.fragment(parallel=True)
def _over_time(screen: Screen) -> None:
    with cards.boundary():
        with st.skeleton(height=_SKELETON_PIXELS):
            over_time, width = screen.actions_over_time(), screen.bucket_width()
        if width is None:
            st.caption("No events in this view")
            return
        st.caption(f"{text.count(int(over_time['events'].sum()))} in this view, per {WIDTHS[width]}")
        st.altair_chart(
            actions_over_time(over_time, width),
            alt="Stacked bars: actions over time by category",
            key="chart-over-time",
        )


def failed_logins_by_region(regions: pl.DataFrame) -> alt.LayerChart | alt.FacetChart:
    """Horizontal bars, most first: ten regions, then the rest as one; each with its number."""
    frame = top_regions(regions)
    order = frame["region"].to_list()
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "region",
            type="nominal",
            sort=order,
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
    return alt.layer(bars, values).properties(
        height=_BAR_PIXELS * frame.height + 14, padding={"left": 0, "right": 36, "top": 6, "bottom": 0}
    )


def top_regions(regions: pl.DataFrame) -> pl.DataFrame:
    """The ten regions with most failed logins, then the rest as one row; columns region (text), events."""
    # Not by map_elements: a Python function within Polars waits for ever when other fragments ask at the same time.
    names = [NO_REGION if name is None else text.one_line(name, 40) for name in regions["region"]]
    named = regions.with_columns(region=pl.Series(names, dtype=pl.String))
    merged = named.group_by("region", maintain_order=True).agg(pl.col("events").sum())
    head, rest = merged.head(MOST_REGIONS), merged.slice(MOST_REGIONS)
    if rest.is_empty():
        return head
    others = f"{rest.height:,} more" if rest.height > 1 else "1 more"
    return pl.concat([head, pl.DataFrame({"region": [others], "events": [rest["events"].sum()]}, schema=head.schema)])


def actions_over_time(frame: pl.DataFrame, width: Width) -> alt.Chart:
    """Stacked bars, one for each bucket, empty ones drawn as nothing; UTC on the axis, the bucket's width named."""
    drawn = by_category(frame, width)
    shares = (
        drawn.group_by("category").agg(pl.col("events").sum()).sort(["events", "category"], descending=[True, False])
    )
    named = [name for name in shares["category"].to_list() if name != OTHERS]
    colours = palette.hues(named)
    domain = [*named, OTHERS] if OTHERS in drawn["category"] else named
    scale = alt.Scale(domain=domain, range=[colours.get(name, palette.QUIET) for name in domain])
    legend = alt.Legend(
        title=None,
        orient="bottom",
        columns=2,
        labelLimit=92,
        symbolType="square",
        symbolSize=50,
        labelFontSize=11,
        columnPadding=6,
        offset=0,
    )
    chart: alt.Chart = (
        alt.Chart(drawn)
        .mark_bar(binSpacing=1, orient="vertical")
        .encode(
            x=alt.X(
                "start",
                type="temporal",
                title=f"Time (UTC), per {WIDTHS[width]}",
                scale=alt.Scale(type="utc"),
                axis=alt.Axis(
                    tickCount=_MOST_TICKS,
                    values=_ticks(drawn) or alt.Undefined,
                    labelOverlap=True,
                    grid=False,
                    labelExpr=f"utcFormat(datum.value, '{_time_format(width)}')",
                ),
                bin="binned",
            ),
            x2=alt.X2("end"),
            y=alt.Y(
                "events",
                type="quantitative",
                title=None,
                axis=alt.Axis(tickCount=4, tickMinStep=1, format=",d", domain=False, ticks=False),
            ),
            color=alt.Color("category", type="nominal", scale=scale, legend=legend),
            order=alt.Order("place", type="quantitative"),
            tooltip=[
                alt.Tooltip("category", type="nominal", title="Category"),
                alt.Tooltip("since", type="nominal", title="From (UTC)"),
                alt.Tooltip("events", type="quantitative", title="Events", format=","),
            ],
        )
        .properties(height=250, padding={"left": 0, "right": 4, "top": 4, "bottom": 0})
    )
    return chart


def by_category(frame: pl.DataFrame, width: Width) -> pl.DataFrame:
    """The buckets with their ends and at most eight named categories.

    Columns start, since (start in words), end, category, events, place (in the stack).
    """
    totals = (
        frame.group_by("category").agg(pl.col("events").sum()).sort(["events", "category"], descending=[True, False])
    )
    kept = totals.drop_nulls("category")["category"].head(MOST_CATEGORIES).to_list()
    short = text.labels(kept)
    named = frame.with_columns(
        category=pl.col("category").replace_strict(short, default=OTHERS, return_dtype=pl.String)
    )
    merged = named.group_by("bucket", "category").agg(pl.col("events").sum())
    places = {name: place for place, name in enumerate([*short.values(), OTHERS])}
    return merged.select(
        start=pl.col("bucket"),
        since=pl.col("bucket").dt.strftime("%Y-%m-%d %H:%M"),  # Vega writes a tooltip's times in the reader's zone
        end=pl.col("bucket").dt.offset_by(_OFFSETS.get(width, width.value)),
        category="category",
        events="events",
        place=pl.col("category").replace_strict(places, return_dtype=pl.Int64),
    ).sort("start", "place")


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
