"""The log's two charts for pages that have no table beside them."""

from datetime import timedelta

import streamlit as st

from dashboard.events.adornment import Width
from dashboard.query import views
from dashboard.query.figures import failed_logins as meant_failed_logins
from dashboard.web import cards, log_links, text
from dashboard.web.answers import Screen
from dashboard.web.charts import charts

_SKELETON_PIXELS = 250


def failed_logins(screen: Screen) -> None:
    """Failed logins by region, with the link to all of them."""
    with st.container(border=True, key="failed-logins"):
        st.markdown("##### Failed logins by region")
        _failed_logins(screen)


def over_time(screen: Screen, title: str = "Actions over time", width: Width = Width.DAY) -> None:
    """Actions over time by category."""
    with st.container(border=True, key="over-time"):
        st.markdown(f"##### {title}")
        _over_time(screen, width)


@st.fragment(parallel=True)
def _failed_logins(screen: Screen) -> None:
    with cards.boundary():
        with st.skeleton(height=_SKELETON_PIXELS):
            regions = screen.failed_logins_by_region()
        count = int(regions["events"].sum())
        log_links.open_events(
            screen, meant_failed_logins(screen.wanted), f"{text.count(count, 'failed login')} {_span(screen)}"
        )
        if count:
            charts.failed_logins_by_region(regions).show("Bars: failed logins by region", "chart-regions")


@st.fragment(parallel=True)
def _over_time(screen: Screen, width: Width) -> None:
    with cards.boundary():
        with st.skeleton(height=_SKELETON_PIXELS):
            frame = screen.answer(views.actions_over_time, None, width)
        if frame.is_empty():
            st.caption("No events in these days")
            return
        label = f"{text.count(int(frame['events'].sum()))} {_span(screen)}"
        log_links.open_events(screen, screen.wanted, f"{label}, per {charts.WIDTHS[width]}")
        charts.actions_over_time(frame, width).show("Stacked bars: actions over time by category", "chart-over-time")


def _span(screen: Screen) -> str:
    since, until = screen.wanted.since, screen.wanted.until
    if since is None or until is None:
        return "in all"
    return f"in {text.count(-(-(until - since) // timedelta(days=1)), 'day')}"
