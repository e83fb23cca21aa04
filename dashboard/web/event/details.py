"""One event with everything that is known of it, in a drawer at the right: its fields, and what stands around it."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from dashboard.events.columns import COLUMNS
from dashboard.events.filter import as_text
from dashboard.events.times import format_time
from dashboard.web import text, url, zones
from dashboard.web.answers import Event, Screen
from dashboard.web.event import compare, marked
from dashboard.web.event.around import around
from dashboard.web.event.fields import GROUPS, field, pretty, raw_json, value_of
from dashboard.web.event.history import history
from dashboard.web.event.step import steps
from dashboard.web.event.who_else import who_else
from dashboard.web.held import change
from dashboard.web.log import cell_bar, shown_rows
from dashboard.web.log.export_buttons import file_link

_NARROWING = {"actor": "actor", "source_ip": "ip", "action": "action"}


def details(screen: Screen) -> None:
    """Opens the drawer when the link names an event; otherwise nothing."""
    if screen.view.event is not None:
        _drawer(screen, screen.view.event)


def dismissed() -> None:
    shown_rows.unselect()
    change(lambda view: replace(view, event=None))


@st.dialog("Event", position="right", width=560, on_dismiss=dismissed)
def _drawer(screen: Screen, event_id: int) -> None:
    found = screen.event(event_id)
    if found.is_empty():
        st.warning("There is no such event in this state of the log.", icon=":material/search_off:")
        st.caption("The link may be of another log, or the event is not sealed yet.")
        return
    event = found.row(0, named=True)
    steps(screen, event)
    cell_bar.cell_bar(screen, event)
    _head(screen, event)
    chosen = st.segmented_control(
        "What to show", list(_SECTIONS), default="Event", required=True, label_visibility="collapsed",
        key="drawer-section", width="stretch",
    )  # fmt: skip
    _SECTIONS[chosen](screen, event)


def _head(screen: Screen, event: Event) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(marked.heading(text.one_line(event["action"], 120)), width="content")
        failed = event["outcome"] == "failure"
        st.badge(text.label(event["outcome"]), color="red" if failed else "gray")
    st.text(f"{text.exact(event['occurred_at'], zones.shown())} · {text.relative(event['occurred_at'], screen.now)}")
    with st.container(horizontal=True, gap="small"):
        for name, narrowed in _NARROWING.items():
            value = event[name]
            if value is not None and _narrow_button(COLUMNS[name].label, narrowed):
                shown_rows.unselect()
                change(lambda view, narrowed=narrowed, value=value: _only(view, narrowed, value))  # type: ignore[misc]  # bound in the loop
                st.rerun()
        compare.toggle(screen, event["id"])


def _event(screen: Screen, event: Event) -> None:
    """All fields, the record as an export writes it, the proof and the link."""
    for title, names in GROUPS.items():
        with st.container(gap="xsmall"):
            st.caption(f"**{title}**")
            for name in names:
                field(COLUMNS[name].label, value_of(name, event, zones.shown()))
    if event["details"]:
        st.caption("**Details**")
        st.code(pretty(event["details"]), language="json", wrap_lines=True)
    with st.expander("Raw JSON", icon=":material/data_object:"):
        st.code(raw_json(screen.event(event["id"])), language="json", wrap_lines=True)
    _proof(screen, event["id"])
    st.caption("**Link to this event**")
    st.code(url.link(st.context.url or "", [("event", str(event["id"]))]), language=None, wrap_lines=True)


def _proof(screen: Screen, event_id: int) -> None:
    """Where the event stands in the tree, and the file that shows it to people who don't trust us."""
    st.caption("**Proof**")
    place = screen.service.place(event_id)
    if place is None:
        st.caption("The event is not sealed yet.")
        return
    with st.container(gap="xsmall"):
        field("Leaf hash", place.leaf.hex())
        field("Sealed at", format_time(place.sealed_at))
        field("Signed", f"with the first {text.count(place.signed, 'row')}" if place.signed else "not yet")
    name = f"{event_id}.tlog-proof"
    st.html(
        file_link(f"/api/events/{name}", "Proof", "Download what shows, without this server, that the log holds it")
    )
    st.caption("To check it, with the log's verifier key as you have it from elsewhere:")
    st.code(f"auditlens check {name} --key VKEY", language="sh", wrap_lines=True)


def _narrow_button(label: str, narrowed: str) -> bool:
    return st.button(f"Only this {label}", key=f"only:{narrowed}", type="tertiary", icon=":material/filter_alt:")


def _only(view: url.View, narrowed: str, value: str) -> url.View:
    return view.narrowed(view.filter.with_values(narrowed, [as_text(value)]))


_SECTIONS: dict[str, Callable[[Screen, Event], None]] = {
    "Event": _event,
    "Around it": around,
    "Who else": who_else,
    "History": history,
}
