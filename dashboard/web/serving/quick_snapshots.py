"""Fragments that begin at once: what Streamlit keeps of the place where one is written is copied the short way.

A fragment keeps a deep copy of the containers around it and of where each writes next, to be run again by itself.
Streamlit copies each container once more for every container inside of it, and takes each cursor's numbers apart: a
fifth of what a click costs this server's Python.
"""

import copy
import functools
import threading
from typing import Any

from streamlit.cursor import Cursor, SparseList
from streamlit.delta_generator import DeltaGenerator

_here = threading.local()  # `copies`: what this thread's copy has made so far, by identity


def install() -> None:
    """Makes a copy hold one copy of each container, and cursors share what never changes."""
    if not hasattr(DeltaGenerator.__deepcopy__, "__wrapped__"):
        DeltaGenerator.__deepcopy__ = _once(DeltaGenerator.__deepcopy__)  # type: ignore[method-assign]
        Cursor.__deepcopy__ = _copied  # type: ignore[attr-defined]


def _once(copied: Any) -> Any:
    """Streamlit copies a container's parent without telling what it has copied before: it is told here."""

    @functools.wraps(copied)
    def wrapped(container: DeltaGenerator, memo: dict[int, Any]) -> DeltaGenerator:
        copies: dict[int, Any] | None = getattr(_here, "copies", None)
        if copies is None:
            _here.copies = memo
            try:
                made: DeltaGenerator = copied(container, memo)
            finally:
                _here.copies = None
            return made
        if id(container) not in copies:
            copies[id(container)] = copied(container, memo)
        known: DeltaGenerator = copies[id(container)]
        return known

    return wrapped


def _copied(cursor: Cursor, memo: dict[int, Any]) -> Cursor:
    """Numbers and tuples of them are shared; only the list of transient elements can change."""
    twin = Cursor.__new__(type(cursor))
    twin.__dict__.update(cursor.__dict__)
    transient = cursor._transient_elements
    twin._transient_elements = copy.deepcopy(transient, memo) if transient else SparseList()
    return twin
