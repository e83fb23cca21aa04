"""One event with everything that is known of it, in a drawer at the right."""

from contextlib import suppress
from dataclasses import replace

import orjson
import polars as pl
import streamlit as st

from dashboard.events.columns import COLUMNS
from dashboard.events.filter import as_text
from dashboard.events.times import format_time
from dashboard.web import log_table, text, url
from dashboard.web.answers import Screen
from dashboard.web.export_buttons import file_link
from dashboard.web.held import change

GROUPS = {
    "What": ("category", "action", "outcome", "description", "target"),
    "Who": ("actor", "actor_id", "actor_type"),
    "Where from": ("source_ip", "region", "country", "geo_source", "reported_region", "user_agent"),
    "When": ("occurred_at", "recorded_at", "clock"),
    "In the record": ("id", "seq", "source", "native_id", "source_seq", "request_id", "db_role", "imported", "erased"),
}
_NARROWING = {"actor": "actor", "source_ip": "ip", "action": "action"}
_LONGEST_VALUE = 20_000


def details(screen: Screen) -> None:
    """Opens the drawer when the link names an event; otherwise nothing."""
    if screen.view.event is not None:
        _drawer(screen, screen.view.event)


def dismissed() -> None:
    log_table.unselect()
    change(lambda view: replace(view, event=None))


@st.dialog("Event", position="right", width=520, on_dismiss=dismissed)
def _drawer(screen: Screen, event_id: int) -> None:
    found = screen.event(event_id)
    if found.is_empty():
        st.warning("There is no such event in this state of the log.", icon=":material/search_off:")
        st.caption("The link may be of another log, or the event is not sealed yet.")
        return
    row = found.row(0, named=True)
    _head(screen, row)
    for title, names in GROUPS.items():
        with st.container(gap="xsmall"):
            st.caption(f"**{title}**")
            for name in names:
                _field(COLUMNS[name].label, value_of(name, row))
    if row["details"]:
        st.caption("**Details**")
        st.code(pretty(row["details"]), language="json", wrap_lines=True)
    with st.expander("Raw JSON", icon=":material/data_object:"):
        st.code(raw_json(found), language="json", wrap_lines=True)
    _proof(screen, event_id)
    st.caption("**Link to this event**")
    st.code(url.link(st.context.url or "", [("event", str(event_id))]), language=None, wrap_lines=True)


def _head(screen: Screen, row: dict[str, object]) -> None:
    when = row["occurred_at"]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"### {text.label(str(row['action']), 120)}")
        failed = row["outcome"] == "failure"
        st.badge(text.label(str(row["outcome"])), color="red" if failed else "gray")
    st.text(f"{text.exact(when)} · {text.relative(when, screen.now)}")  # type: ignore[arg-type]  # the schema's time
    with st.container(horizontal=True, gap="xsmall"):
        for name, field in _NARROWING.items():
            value = row[name]
            if isinstance(value, str) and _narrow_button(COLUMNS[name].label, field):
                log_table.unselect()
                change(lambda view, field=field, value=value: _only(view, field, value))  # type: ignore[misc]  # bound in the loop
                st.rerun()


def _proof(screen: Screen, event_id: int) -> None:
    """Where the event stands in the tree, and the file that shows it to people who don't trust us."""
    st.caption("**Proof**")
    place = screen.service.place(event_id)
    if place is None:
        st.caption("The event is not sealed yet.")
        return
    with st.container(gap="xsmall"):
        _field("Leaf hash", place.leaf.hex())
        _field("Sealed at", format_time(place.sealed_at))
        _field("Signed", f"with the first {text.count(place.signed, 'row')}" if place.signed else "not yet")
    name = f"{event_id}.tlog-proof"
    st.html(
        file_link(f"/api/events/{name}", "Proof", "Download what shows, without this server, that the log holds it")
    )
    st.caption("To check it, with the log's verifier key as you have it from elsewhere:")
    st.code(f"auditlens check {name} --key VKEY", language="sh", wrap_lines=True)


def _narrow_button(label: str, field: str) -> bool:
    return st.button(f"Only this {label}", key=f"only:{field}", type="tertiary", icon=":material/filter_alt:")


def _only(view: url.View, field: str, value: str) -> url.View:
    return view.narrowed(view.filter.with_values(field, [as_text(value)]))


def _field(label: str, value: str) -> None:
    left, right = st.columns([3, 7], gap="small", wrap=False)
    left.caption(label)
    right.text(value)


def value_of(name: str, row: dict[str, object]) -> str:
    """A field's value in words: times to the microsecond, an absent value as the table says it."""
    value = row[name]
    if name in ("occurred_at", "recorded_at"):
        return format_time(value) if value is not None else text.NOTHING  # type: ignore[arg-type]  # the schema's time
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    absent = text.shown(name, None, str(row["actor_type"]), row["erased"])  # type: ignore[arg-type]  # the schema's text
    return absent if value is None else text.several_lines(str(value), _LONGEST_VALUE) or "(empty)"


def pretty(details: str) -> str:
    """The JSON text indented where it is JSON, otherwise as it is; bounded either way."""
    with suppress(orjson.JSONDecodeError):
        details = orjson.dumps(orjson.loads(details), option=orjson.OPT_INDENT_2).decode()
    return text.several_lines(details, _LONGEST_VALUE)


def raw_json(found: pl.DataFrame) -> str:
    """The event as an export writes it: every column, the id as a string, times in UTC, details as the stored text."""
    row = found.row(0, named=True)
    row |= {name: format_time(row[name]) for name in ("occurred_at", "recorded_at") if row[name] is not None}
    row["id"] = str(row["id"])
    return orjson.dumps(row, option=orjson.OPT_INDENT_2).decode()
