"""Widgets that follow the URL: the link sets them before they run, and what a person does is written to the link.

A browser sends all its widgets' values with whatever it asks, and a page's timers ask each second. One that fires just
after the server set a widget still says the value before, or speaks of a widget that is gone: to Streamlit that is a
person's change, and the newest click would be undone. So a widget that is set anew is another widget, with a key of its
own, and a value counts as a person's only where it is not what the widget was known to say.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypedDict, TypeVar

import streamlit as st

from dashboard.errors import AuditlensError
from dashboard.web import text, url

T = TypeVar("T")

_MISSING = object()
_TURNS, _KNOWN = "held-turns", "held-known"
_MOST_KNOWN = 4  # widgets of one name, the last of them on screen


class Following(TypedDict):
    """What a widget is made with."""

    key: str
    on_change: Callable[..., None]
    args: tuple[object, ...]


def held(name: str, value: object) -> str:
    """The key of the widget of this name that says this value.

    One that says it already is left alone: another would wipe what somebody is typing, and take the focus away.
    """
    turns: dict[str, int] = st.session_state.setdefault(_TURNS, {})
    key = f"{name}:{turns.setdefault(name, 0)}"
    if st.session_state.get(key, _MISSING) != value:
        turns[name] += 1
        key = f"{name}:{turns[name]}"
        st.session_state[key] = value
    known: dict[str, object] = st.session_state.setdefault(_KNOWN, {})
    known[key] = value
    known.pop(f"{name}:{turns[name] - _MOST_KNOWN}", None)
    return key


def following(name: str, value: T, then: Callable[[T], None]) -> Following:
    """A held widget, and what happens with the value that a person gives it."""
    key = held(name, value)
    return {"key": key, "on_change": _hear, "args": (key, then)}


def _hear(key: str, then: Callable[[T], None]) -> None:
    value: T = st.session_state[key]
    known: dict[str, object] = st.session_state[_KNOWN]
    if known.get(key, value) != value:
        known[key] = value
        then(value)


@contextmanager
def told() -> Iterator[None]:
    """What goes wrong in the block is told and not done."""
    try:
        yield
    except AuditlensError as wrong:
        st.toast(text.label(f"{wrong.message} {wrong.hint}", 240), icon=":material/warning:")


def change(make: Callable[[url.View], url.View]) -> None:
    """Writes what a person did to the link; what no link can say (a wrong address) is told and not done."""
    try:
        url.go(make(url.current()))
    except AuditlensError as wrong:
        st.toast(text.label(f"{wrong.message}. {wrong.hint}", 240), icon=":material/warning:")
