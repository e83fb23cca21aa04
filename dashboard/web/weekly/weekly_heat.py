"""The heat map of a week: a cell for each hour of each day, which opens its events.

Channel objects only: Altair takes three milliseconds to read each shorthand string.
"""

from datetime import timedelta

import altair as alt
import polars as pl
import streamlit as st

from dashboard.events.adornment import Width
from dashboard.query import views
from dashboard.web import cards, log_links, page_list
from dashboard.web.answers import Screen
from dashboard.web.charts import palette

_PICKED = "hour"
_HOUR = timedelta(hours=1)
_SKELETON_PIXELS = 260


def hours(screen: Screen) -> None:
    """Events by hour and weekday, UTC."""
    with st.container(border=True, key="heat"):
        st.markdown("##### Events by hour and weekday")
        st.caption("UTC. A click on an hour opens its events.")
        _hours(screen)


@st.fragment(parallel=True)
def _hours(screen: Screen) -> None:
    with cards.boundary():
        with st.skeleton(height=_SKELETON_PIXELS):
            frame = by_hour(screen.answer(views.actions_over_time, None, Width.HOUR))
        if frame.is_empty():
            st.text("No events in this week.")
            return
        picked = st.altair_chart(
            heat_map(frame), key=f"chart-heat-{screen.wanted.since:%Y%m%d}", on_select="rerun", selection_mode=_PICKED,
            alt="Heat map: events by hour and weekday",
        )  # fmt: skip
        wanted = log_links.picked(picked["selection"], _PICKED, screen.wanted, _HOUR)
        if wanted is not None:
            st.switch_page(page_list.audit_logs(), query_params=log_links.query_params(screen, wanted))


def by_hour(frame: pl.DataFrame) -> pl.DataFrame:
    """One row an hour: columns start (milliseconds since 1970), day, hour, events, said."""
    summed = frame.group_by("bucket").agg(pl.col("events").sum()).sort("bucket")
    return summed.select(
        start=pl.col("bucket").dt.epoch("ms"),
        day=pl.col("bucket").dt.strftime("%a %d %b"),
        hour=pl.col("bucket").dt.hour().cast(pl.Int64),
        events="events",
        said=pl.col("bucket").dt.strftime("%a %d %b, %H:00 UTC"),
    )


def heat_map(frame: pl.DataFrame) -> alt.Chart:
    """Hours from left to right, days from top to bottom; the more events, the fuller the colour."""
    days = frame["day"].unique(maintain_order=True).to_list()
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_rect(color=palette.ACCENT, cornerRadius=2, cursor="pointer")
        .encode(
            x=alt.X(
                "hour", type="ordinal", title=None, scale=alt.Scale(domain=list(range(24)), paddingInner=0.06),
                axis=alt.Axis(labelAngle=0, domain=False, ticks=False, labelOverlap=True),
            ),
            y=alt.Y(
                "day", type="nominal", title=None, sort=days, scale=alt.Scale(paddingInner=0.1),
                axis=alt.Axis(domain=False, ticks=False),
            ),
            opacity=alt.Opacity(
                "events", type="quantitative", legend=None, scale=alt.Scale(type="sqrt", domainMin=0, range=[0.04, 1]),
            ),
            tooltip=[
                alt.Tooltip("said", type="nominal", title="Hour from"),
                alt.Tooltip("events", type="quantitative", title="Events", format=","),
            ],
        )
        .add_params(alt.selection_point(name=_PICKED, fields=["start"], empty=False))
        .properties(height=26 * len(days) + 24, padding={"left": 0, "right": 4, "top": 4, "bottom": 0})
    )  # fmt: skip
    return chart
