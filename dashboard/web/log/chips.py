"""The active filter: a sentence, and one chip for each part of it that can be taken away."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, timedelta, tzinfo

import streamlit as st

from dashboard.events.filter import FIELDS, TEXT_FIELDS, as_value
from dashboard.web import text, url, zones
from dashboard.web.answers import Screen
from dashboard.web.held import change
from dashboard.web.log.time_menu import NEWEST, in_range, range_of, title

_TICK = timedelta(microseconds=1)
_NAMES = {field: field.capitalize() for field in FIELDS} | {
    "ip": "IP",
    "prefix": "Begins with",
    "exact": "Is exactly",
    "regex": "Matches",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of the filter."""

    words: str
    field: str
    value: str | None = None


def chips(screen: Screen) -> None:
    """The chips, then the sentence. A view without a filter still says which days it shows."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="chips"):
        if screen.view.is_default_window:
            st.badge(opening_words(screen), icon=":material/schedule:", color="gray")
        found = list(active(screen.view, zones.shown()))
        for place, chip in enumerate(found):
            st.button(
                text.label(chip.words), key=f"chip:{place}:{chip.field}:{chip.value}", icon=":material/close:",
                icon_position="right", help="Take this filter away", on_click=take_away, args=(chip,),
            )  # fmt: skip
        if len(found) > 1:
            st.button("Clear all", type="tertiary", key="clear-all", on_click=clear)
        st.text(
            (screen.wanted if screen.view.is_default_window else screen.view.filter).sentence(screen.minute),
            width="content",
        )


def opening_words(screen: Screen) -> str:
    """The days that are shown because nothing else was asked for."""
    since, until = screen.wanted.since, screen.wanted.until
    if since is None or until is None:
        return "Newest 30 days"
    return f"Newest 30 days: {text.day(since)} to {text.day(until - _TICK)} UTC"


def active(view: url.View, zone: tzinfo = UTC) -> Iterator[Chip]:
    """A chip for the window and for each value, in the order of the filter."""
    if view.filter.since or view.filter.until:
        since, until = view.filter.since, view.filter.until
        ends = [f"from {text.exact(since, zone)}" if since else "", f"to {text.exact(until, zone)}" if until else ""]
        yield Chip("Time: " + " ".join(end for end in ends if end), "time")
    elif range_of(view) != NEWEST:
        yield Chip(title(view), "time")
    for name, values in view.filter.values().items():
        for value in values:
            yield Chip(_words(name, value), name, value)


def _words(name: str, value: str) -> str:
    field = name.removeprefix("not_")
    shown = value if field in TEXT_FIELDS else as_value(value)
    return f"{'Not ' if name != field else ''}{_NAMES[field]}: {'(none)' if shown is None else shown}"


def take_away(chip: Chip) -> None:
    change(lambda view: without(view, chip))


def without(view: url.View, chip: Chip) -> url.View:
    """The view less this part; less its window, it shows the newest 30 days."""
    return (
        in_range(view, NEWEST) if chip.field == "time" else view.narrowed(view.filter.without(chip.field, chip.value))
    )


def clear() -> None:
    """Takes every filter away; the sort, what is compared and how all is drawn stay."""
    change(lambda view: replace(url.View(), sort=view.sort, compare=view.compare, look=view.look, layout=view.layout))
