"""The charts beside the table, of exactly the events that the table pages through; each of them filters."""

from functools import partial

import polars as pl
import streamlit as st

from dashboard.query.drawn import Drawn
from dashboard.web import cards, text, zones
from dashboard.web.answers import Screen
from dashboard.web.charts import chart_card, chart_filters, findings, overview_chart
from dashboard.web.charts.region_chart import failed_logins_by_region
from dashboard.web.charts.time_chart import Around, actions_over_time, by_category, kept
from dashboard.web.charts.time_marks import WIDTHS
from dashboard.web.log import agreement
from dashboard.web.serving import at_once

__all__ = ["WIDTHS", "actions_over_time", "charts", "failed_logins_by_region"]

_SKELETON_PIXELS = 250
_LONGEST_FINDING = 300
_REGIONS, _TIME, _HISTORY = "chart-regions", "chart-over-time", "chart-history"
PARTS = (_REGIONS, _TIME)
"""What the page is awaited with (`at_once`)."""


def charts(screen: Screen) -> None:
    """Failed logins by region, and actions over time by category; the page and each other need not wait for them."""
    with st.container(border=True, key="failed-logins"):
        _failed_logins(screen)
    with st.container(border=True, key="over-time"):
        _over_time(screen)


@st.fragment(parallel=True)
def _failed_logins(screen: Screen) -> None:
    with at_once.part(_REGIONS), cards.boundary():
        if chart_filters.has_moved_on(screen):
            st.rerun()
        tools = chart_card.header("Failed logins by region")
        with st.skeleton(height=_SKELETON_PIXELS):
            regions = screen.failed_logins_by_region()
        finding = findings.of_regions(regions)
        st.caption(text.label(finding, _LONGEST_FINDING))
        if regions.is_empty():
            return
        with tools:
            chart_card.numbers(
                "regions",
                "Failed logins by region",
                lambda: regions.rename({"region": "Region", "events": "Failed logins"}),
            )
        key = chart_filters.chart_key(_REGIONS)
        failed_logins_by_region(regions, clickable=True).show(
            "Bars: failed logins by region", key, partial(chart_filters.on_regions, key, regions)
        )  # fmt: skip


@st.fragment(parallel=True)
def _over_time(screen: Screen) -> None:
    with at_once.part(_TIME), cards.boundary():
        if chart_filters.has_moved_on(screen):
            st.rerun()
        tools = chart_card.header("Actions over time")
        with st.skeleton(height=_SKELETON_PIXELS):
            frame, drawn = screen.actions_over_time(), screen.drawn()
        if drawn is None:
            st.caption("No events in this view")
            return
        with tools:
            chart_filters.way_back(screen)
            chart_card.look_menu(screen)
            chart_card.numbers("over-time", "Actions over time", lambda: _numbers(frame, drawn))
        _bars(screen, frame, drawn)
        _history(screen, drawn)
        st.caption(
            f":material/check: {agreement.agreed(screen, frame):,} in the bars, the count, the table and the files"
        )


def _bars(screen: Screen, frame: pl.DataFrame, drawn: Drawn) -> None:
    look = screen.view.look
    before = screen.period_before(drawn) if look.compare else None
    silences = screen.silences(drawn)
    said = (findings.of_time(frame, drawn, screen.now, before), _fitted(screen, drawn), findings.of_silences(silences))
    finding = " ".join(part for part in said if part)
    st.caption(text.label(finding, _LONGEST_FINDING))
    log = screen.categories()
    around = Around(drawn=drawn, now=screen.now, before=before, silences=silences, zone=zones.shown(), log=log)
    key = chart_filters.chart_key(_TIME)
    actions_over_time(frame, drawn.width, look, around, clickable=True).show(
        f"{chart_card.FORMS[look.form]}: actions over time by category", key,
        partial(chart_filters.on_time_chart, key, kept(frame, log), drawn),
    )  # fmt: skip


def _fitted(screen: Screen, drawn: Drawn) -> str:
    """Says that a bar is wider than was asked for."""
    wished = screen.view.look.width
    return "" if wished in (None, drawn.width) else f"One bar a {WIDTHS[wished]} would be too many for this range."


def _history(screen: Screen, drawn: Drawn) -> None:
    """The whole log, whatever the filter: where the window lies, and another one by a drag."""
    history, whole = screen.history(), screen.history_drawn()
    if whole is None:
        return
    finding = findings.of_history(history)
    key = chart_filters.chart_key(_HISTORY)
    overview_chart.overview(history, whole.width, (drawn.since, drawn.until), zones.shown(), clickable=True).show(
        "Bars: the whole log over time, the window shaded", key, partial(chart_filters.on_overview, key, whole)
    )  # fmt: skip
    st.caption(text.label(f"{finding} Drag to look at a part.", _LONGEST_FINDING))


def _numbers(frame: pl.DataFrame, drawn: Drawn) -> pl.DataFrame:
    """A row for each bucket, a column for each category that has a colour."""
    long = by_category(frame, drawn.width, Around(drawn=drawn, now=drawn.until))
    return long.pivot("category", index="since", values="events").rename({"since": "From (UTC)"})
