"""Links from a number to its events: the log's page with exactly the filter, and the state, that the number counts."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from dashboard.events.filter import EventFilter
from dashboard.web import page_list, url
from dashboard.web.answers import Screen

SHOWN = r"#(.+)$"
"""What a link of `cell` shows: the number behind its `#`."""


def query_params(screen: Screen, wanted: EventFilter) -> dict[str, list[str]]:
    """The log page's parameters: the filter with its times, and the state on screen, so that later events add none."""
    found: dict[str, list[str]] = {}
    for name, value in _pairs(screen, wanted):
        found.setdefault(name, []).append(value)
    return found


def open_events(screen: Screen, wanted: EventFilter, label: str, icon: str | None = None) -> None:
    """A link in the page. The label is Markdown: log text in it has to be escaped."""
    st.page_link(page_list.audit_logs(), label=label, icon=icon, query_params=query_params(screen, wanted))


def picked(selection: Mapping[str, Any], name: str, wanted: EventFilter, length: timedelta) -> EventFilter | None:
    """The wanted events of the bucket of a chart that was clicked, whose `start` is in milliseconds since 1970.

    None when none was, and when it lies outside of the wanted times.
    """
    points = selection.get(name) or []
    if not points or wanted.since is None or wanted.until is None:
        return None
    start = datetime.fromtimestamp(int(points[0]["start"]) / 1000, UTC)
    end = min(start + length, wanted.until)
    return wanted.with_window(start, end) if wanted.since <= start < end else None


def cell(screen: Screen, wanted: EventFilter, number: int) -> str:
    """A link for a cell of a table, which shows the number alone."""
    return f"{url.link(page_list.LOG_PATH, _pairs(screen, wanted))}#{number:,}"


def event_cell(screen: Screen, event_id: int, shown: str) -> str:
    """A link to one event for a cell of a table."""
    return f"{url.link(page_list.LOG_PATH, [('range', 'all'), ('event', str(event_id))])}#{shown}"


def column(label: str, width: int | None = None) -> ColumnConfig:
    """The column of such cells."""
    return st.column_config.LinkColumn(label, display_text=SHOWN, width=width, help="Opens these events")


def _pairs(screen: Screen, wanted: EventFilter) -> list[tuple[str, str]]:
    whole = [] if wanted.is_timed else [("range", "all")]
    return [*wanted.to_params(), *whole, ("as_of", str(screen.as_of))]
