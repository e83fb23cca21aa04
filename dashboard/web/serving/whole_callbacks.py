"""Callbacks that run to their end: Streamlit drops a click whose callback it interrupts.

A page's timers send the new states of its widgets along. When a timer's request comes a moment before the click's own,
the callback runs for the timer. The click's own request then stops that run at the callback's next look at the session
state, finds the widget as it should be, and calls nothing: half of the callback, or all of it, never happens.
"""

import functools
import threading
from typing import Any

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.state.safe_session_state import SafeSessionState

_here = threading.local()  # `callbacks`: whether this thread is calling back


def install() -> None:
    """Makes every run answer requests to stop before its callbacks and after them, never between."""
    if not hasattr(ScriptRunner._maybe_handle_execution_control_request, "__wrapped__"):
        ScriptRunner._maybe_handle_execution_control_request = _between_callbacks(  # type: ignore[method-assign]
            ScriptRunner._maybe_handle_execution_control_request
        )
        SafeSessionState.on_script_will_rerun = _calling_back(  # type: ignore[method-assign]
            SafeSessionState.on_script_will_rerun
        )


def _between_callbacks(answer_requests: Any) -> Any:
    @functools.wraps(answer_requests)
    def wrapped(runner: ScriptRunner) -> None:
        if not getattr(_here, "callbacks", False):
            answer_requests(runner)

    return wrapped


def _calling_back(call_back: Any) -> Any:
    @functools.wraps(call_back)
    def wrapped(state: SafeSessionState, *states: Any, **more: Any) -> None:
        state._yield_callback()  # a run that is already to stop must not bring its older states
        _here.callbacks = True
        try:
            call_back(state, *states, **more)
        finally:
            _here.callbacks = False

    return wrapped
