"""Widgets that follow the URL: the link sets them before they run, and what a person does is written to the link."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard.errors import AuditlensError
from dashboard.web import text, url

_MISSING = object()


def held(key: str, value: object) -> str:
    """The widget's key, its state made equal to what the link says.

    A state that is equal already is left alone: setting it again would wipe what somebody is typing.
    """
    if st.session_state.get(key, _MISSING) != value:
        st.session_state[key] = value
    return key


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
