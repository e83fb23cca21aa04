"""Who waits for an answer: a run of a page, until a newer click or a closed page ends it.

Streamlit ends a run at its next look, which is when something is written. A run that waits for an answer writes
nothing, so the work looks for it, and so does who waits for another's work.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.archive import patience

_AHEAD = ThreadPoolExecutor(4, "ahead")  # what goes wrong there goes wrong for who waits for the answer, too
_BEGUN = "asked-ahead"


def by_this_run() -> AbstractContextManager[None]:
    """What is asked in the block ends with the run that asks. A thread that belongs to no run waits as it was told."""
    context = get_script_run_ctx(suppress_warning=True)
    return nullcontext() if context is None else patience.looking(context.yield_check)


class Ahead:
    """Questions that are asked before their answers are needed, side by side."""

    def __init__(self) -> None:
        self._over = threading.Event()

    def ask(self, question: Callable[[], object]) -> None:
        """Asks it as soon as a thread is free."""
        _AHEAD.submit(self._asked, question)

    def end(self) -> None:
        """Lets go of those that are not answered yet: nobody waits for them."""
        self._over.set()

    def _asked(self, question: Callable[[], object]) -> None:
        with patience.looking(self._look):
            self._look()
            question()

    def _look(self) -> None:
        if self._over.is_set():
            raise patience.NotWaitedForError


def ahead() -> Ahead:
    """For this run's questions; those of the session's run before it end."""
    if (before := st.session_state.get(_BEGUN)) is not None:
        before.end()
    st.session_state[_BEGUN] = begun = Ahead()
    return begun
