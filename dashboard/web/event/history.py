"""The history of an event's target: each event on it with what differs from the one before."""

from collections.abc import Iterator
from itertools import pairwise

import streamlit as st

from dashboard.events.columns import COLUMNS
from dashboard.events.difference import Change, Kind, json_changes
from dashboard.web import text
from dashboard.web.answers import Event, Screen
from dashboard.web.event import around, marked
from dashboard.web.event.fields import value_of

COMPARED = (
    "action", "outcome", "description", "actor", "actor_type", "category", "source_ip", "region", "user_agent",
    "source",
)  # fmt: skip
_MOST_KEYS = 40


def history(screen: Screen, event: Event) -> None:
    """The newest first; the event itself is marked."""
    if event["target"] is None:
        st.caption("The event has no target.")
        return
    st.text(f"What happened to {text.one_line(event['target'], 80)}")
    of = (event["id"], "history")
    earlier, later = around.reach(of)
    rows: list[Event] = list(screen.target_history(event, earlier + 1, later).iter_rows(named=True))
    place = [row["seq"] for row in rows].index(event["seq"])
    around.more("5 later", "later", of, shown=place == later, icon=":material/arrow_upward:")
    begins = len(rows) - place - 1 <= earlier  # else the last row is there to compare with
    with st.container(gap="small", key="history-rows"):
        for row, before in pairwise(rows):
            _entry(row, event, differences(before, row))
        if begins:
            _entry(rows[-1], event, marked.changed("", "The first event on this target."))
    around.more("5 earlier", "earlier", of, shown=not begins, icon=":material/arrow_downward:")


def _entry(row: Event, event: Event, said: str) -> None:
    with st.container(gap="xxsmall"):
        around.line(row, event, with_actor=True)
        st.html(said)


def differences(before: Event, row: Event) -> str:
    """What the row says otherwise than the event before it, as HTML; a sentence when there is nothing."""
    lines = [*_fields(before, row), *_details(before["details"], row["details"])]
    return "".join(lines) or marked.changed("", "Nothing differs but the time.")


def _fields(before: Event, row: Event) -> Iterator[str]:
    for name in COMPARED:
        if before[name] == row[name] and value_of(name, before) == value_of(name, row):
            continue
        old, new = value_of(name, before), value_of(name, row)
        if before[name] is None or row[name] is None:
            yield marked.changed(
                COLUMNS[name].label, marked.arrow(marked.whole(old, Kind.REMOVED), marked.whole(new, Kind.ADDED))
            )
        else:
            yield marked.changed(COLUMNS[name].label, marked.difference(before[name], row[name]))


def _details(before: str | None, after: str | None) -> Iterator[str]:
    changes = json_changes(before, after)
    if changes is None:
        if before != after:
            yield marked.changed("Details", marked.difference(before or "", after or ""))
        return
    for change in changes[:_MOST_KEYS]:
        yield marked.changed(change.name, _key(change))
    if len(changes) > _MOST_KEYS:
        yield marked.changed("", f"and {len(changes) - _MOST_KEYS:,} more keys")


def _key(change: Change) -> str:
    if change.before is None:
        return marked.whole(change.after or "", Kind.ADDED)
    if change.after is None:
        return marked.whole(change.before, Kind.REMOVED)
    return marked.difference(change.before, change.after)
