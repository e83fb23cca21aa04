"""A step back and forth from the open event, in the order of the log behind it, also over the ends of its pages."""

from dataclasses import dataclass, replace

import streamlit as st

from dashboard.query.sort import NEWEST_FIRST
from dashboard.web.answers import ROWS, Event, Screen
from dashboard.web.held import change
from dashboard.web.log import shown_rows

_WAYS = {
    -1: ("Previous", ":material/keyboard_arrow_up:", "Left"),
    1: ("Next", ":material/keyboard_arrow_down:", "Right"),
}


@dataclass(frozen=True, slots=True)
class Stop:
    """An event of the list, and the page it stands on."""

    event: int
    page: int


def steps(screen: Screen, event: Event) -> None:
    """Two buttons, and where the event stands in the list; an event that is not in it has no neighbours there."""
    place = place_of(screen, event)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="steps"):
        for way, (name, icon, key) in _WAYS.items():
            stop = None if place is None else stop_at(screen, place + way)
            clicked = st.button(
                name, key=f"step-{name.lower()}", icon=icon, shortcut=key, disabled=stop is None,
                help=f"{name} event of the list",
            )  # fmt: skip
            if clicked and stop is not None:
                _go(stop)
        st.caption("not in this view" if place is None else f"{place + 1:,} of {screen.count():,}")


def place_of(screen: Screen, event: Event) -> int | None:
    """How many events of the list stand above; None when it is not there, or too far to be looked for: the newest
    first, a place is sought, and in other orders only the page is looked at.
    """
    if screen.count() == 0:
        return None
    ids = screen.rows()["id"].to_list()
    if event["id"] in ids:
        return (screen.page() - 1) * ROWS + ids.index(event["id"])
    return screen.place(event) if screen.view.sort == NEWEST_FIRST else None


def stop_at(screen: Screen, place: int) -> Stop | None:
    """The event at a place of the list; None beyond its ends."""
    if not 0 <= place < screen.count():
        return None
    row = place - (screen.page() - 1) * ROWS
    rows = screen.rows() if 0 <= row < ROWS else screen.rows_at(place)
    return Stop(rows["id"][row if 0 <= row < ROWS else 0], place // ROWS + 1)


def _go(stop: Stop) -> None:
    shown_rows.unselect()
    change(lambda view: replace(view, event=stop.event, page=stop.page))
    st.rerun()
