"""The address that counts: the browser's, or what was written to it and is on its way there.

The browser sends its address with whatever it asks, and a page's timers ask each second. One that fires between a click
and the moment at which the address that the click led to arrives still says the one before: nobody wants to go back.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

Pairs: TypeAlias = Sequence[tuple[str, str]]
Compared: TypeAlias = tuple[tuple[str, str], ...]  # what two addresses that ask for the same have in common

_WRITTEN, _PAGE = "address-written", "address-page"
_ON_ITS_WAY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Written:
    """An address that was written, and those that the browser may have had until then."""

    pairs: Pairs
    left: frozenset[Compared]
    at: float  # of the monotonic clock


def current() -> Pairs:
    """The pairs of the address. One that was left a moment ago counts only for who went back to it by the browser."""
    said = _said()
    written = _on_its_way()
    if written is None or _compared(said) not in written.left:
        return said
    _tell(written.pairs)
    return written.pairs


def write(pairs: Pairs) -> None:
    """Makes the browser's address these pairs."""
    before, written = _compared(current()), _on_its_way()
    left = {before, *(written.left if written else ())} - {_compared(pairs)}
    st.session_state[_WRITTEN] = Written(pairs, frozenset(left), time.monotonic())
    _tell(pairs)


def of_page(path: str) -> None:
    """Says whose address it is: what was written to another page's is no word about this one's."""
    if st.session_state.get(_PAGE) != path:
        st.session_state[_PAGE] = path
        forget()


def forget() -> None:
    """Lets the browser's address count, whatever it says."""
    st.session_state.pop(_WRITTEN, None)


def _on_its_way() -> Written | None:
    written: Written | None = st.session_state.get(_WRITTEN)
    run = get_script_run_ctx()
    if written is not None and run is not None and run.is_history_navigation:
        forget()
        return None
    return None if written is None or time.monotonic() - written.at > _ON_ITS_WAY_SECONDS else written


def _said() -> Pairs:
    return [(name, text) for name in st.query_params for text in st.query_params.get_all(name)]


def _compared(pairs: Pairs) -> Compared:
    """Values of one name keep their order; names have none."""
    return tuple(sorted(pairs, key=lambda pair: pair[0]))


def _tell(pairs: Pairs) -> None:
    wanted: dict[str, list[str]] = {}
    for name, text in pairs:
        wanted.setdefault(name, []).append(text)
    st.query_params.from_dict(wanted)
