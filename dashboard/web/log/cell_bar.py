"""What can be done with the cell that was clicked: narrow to its value, or exclude it."""

from datetime import datetime, timedelta
from functools import partial

import streamlit as st

from dashboard.events.columns import COLUMNS
from dashboard.events.filter import as_text
from dashboard.web import text, url, zones
from dashboard.web.answers import Event, Screen
from dashboard.web.charts.chart_filters import toggled
from dashboard.web.held import change
from dashboard.web.log import log_table, shown_rows

_FIELDS = {
    "outcome": "outcome",
    "actor": "actor",
    "category": "category",
    "action": "action",
    "description": "exact",
    "source_ip": "ip",
    "region": "region",
    "target": "target",
    "country": "country",
    "source": "source",
}
_TICK = timedelta(microseconds=1)


def cell_bar(screen: Screen, event: Event) -> None:
    """The clicked cell's column and value, `Only this` and `Not this`; of a time, the events from it on and up to it.

    Nothing for an event that was not opened by a click on one of its cells, and for a description that is erased.
    """
    column = log_table.clicked_column(screen.view.event)
    value = event[column] if column else None
    if column is None or (column == "description" and value is None):
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", border=True, key="cell-bar"):
        shown = text.exact(value, zones.shown()) if isinstance(value, datetime) else value
        told = "(none)" if shown is None else text.one_line(str(shown), 80) or "(empty)"
        st.text(f"{COLUMNS[column].label}: {told}", width="stretch")
        if isinstance(value, datetime) and column == "occurred_at":
            _button("From here on", "first_page", partial(_windowed, since=value))
            _button("Up to here", "last_page", partial(_windowed, until=value + _TICK))
            return
        texts = frozenset({_written(column, value)})
        if column not in _FIELDS:
            return
        _button("Only this", "add", partial(toggled, name=_FIELDS[column], texts=texts))
        _button("Not this", "remove", partial(toggled, name=f"not_{_FIELDS[column]}", texts=texts))


def _button(label: str, icon: str, make: "partial[url.View]") -> None:
    if st.button(label, icon=f":material/{icon}:", key=f"cell:{label}", type="tertiary"):
        shown_rows.unselect()
        change(make)
        st.rerun()


def _written(column: str, value: object) -> str:
    """The value as the filter holds it; a description is looked for as a whole text."""
    if column == "description":
        return str(value)
    return as_text(None if value is None else str(value))


def _windowed(view: url.View, since: datetime | None = None, until: datetime | None = None) -> url.View:
    """The window cut at a time; a span becomes the open window on that side of it."""
    old = view.filter
    first, last = since or old.since, until or old.until
    return view.narrowed(old.with_window(first, last))
