"""Failed logins in time. Channel objects only: Altair takes three milliseconds to read each shorthand string."""

from datetime import timedelta

import altair as alt
import polars as pl
import streamlit as st

from dashboard.events.adornment import Width
from dashboard.query import views
from dashboard.query.figures import failed_logins
from dashboard.web import cards, log_links, page_list, text
from dashboard.web.answers import Screen
from dashboard.web.charts import palette

_PICKED = "day"
_DAY = timedelta(days=1)
_SKELETON_PIXELS = 250


def failed_over_time(screen: Screen) -> None:
    """Failed logins a day; a click on a day opens its events."""
    with st.container(border=True, key="failed-over-time"):
        st.markdown("##### Failed logins over time")
        _failed_over_time(screen)


@st.fragment(parallel=True)
def _failed_over_time(screen: Screen) -> None:
    with cards.boundary():
        with st.skeleton(height=_SKELETON_PIXELS):
            failed = screen.about(failed_logins(screen.wanted))
            frame = failed.answer(views.actions_over_time, None, Width.DAY)
        count = int(frame["events"].sum())
        log_links.open_events(failed, failed.wanted, text.count(count, "failed login"))
        if not count:
            return
        selected = st.altair_chart(
            by_day(frame), key="chart-failed-over-time", alt="Bars: failed logins a day", on_select="rerun",
            selection_mode=_PICKED,
        )  # fmt: skip
        st.caption("UTC. A click on a day opens its failed logins.")
        wanted = log_links.picked(selected["selection"], _PICKED, failed.wanted, _DAY)
        if wanted is not None:
            st.switch_page(page_list.audit_logs(), query_params=log_links.query_params(failed, wanted))


def by_day(frame: pl.DataFrame) -> alt.Chart:
    """A bar a day, UTC, also where it is none."""
    drawn = frame.group_by("bucket").agg(pl.col("events").sum()).sort("bucket").select(
        start=pl.col("bucket").dt.epoch("ms"), end=pl.col("bucket").dt.offset_by("1d"),
        day=pl.col("bucket").dt.strftime("%a %d %b %Y"), events="events",
    )  # fmt: skip
    chart: alt.Chart = (
        alt.Chart(drawn)
        .mark_bar(color=palette.FAILURE, binSpacing=1, orient="vertical", cursor="pointer")
        .encode(
            x=alt.X(
                "start", type="temporal", title=None, scale=alt.Scale(type="utc"), bin="binned",
                axis=alt.Axis(tickCount=6, grid=False, labelOverlap=True, labelExpr="utcFormat(datum.value, '%-d %b')"),
            ),
            x2=alt.X2("end"),
            y=alt.Y(
                "events", type="quantitative", title=None,
                axis=alt.Axis(tickCount=4, tickMinStep=1, format=",d", domain=False, ticks=False),
            ),
            tooltip=[
                alt.Tooltip("day", type="nominal", title="Day (UTC)"),
                alt.Tooltip("events", type="quantitative", title="Failed logins", format=","),
            ],
        )
        .add_params(alt.selection_point(name=_PICKED, fields=["start"], empty=False))
        .properties(height=250, padding={"left": 0, "right": 4, "top": 4, "bottom": 0})
    )  # fmt: skip
    return chart
