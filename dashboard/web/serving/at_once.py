"""A page that appears at once: what a run writes is kept back until what matters is written, a moment at most.

Streamlit sends each part of a page as soon as it is written, and the browser works the page out anew for each lot that
arrives: a dozen times for one click, on the cores that answer it. Kept back, all of it is worked out once.
"""

import asyncio
import functools
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx

MOMENT_SECONDS = 0.15
"""How long a run's messages are kept back at most: what takes longer is waited for with skeletons in its place."""

_SENDING_SECONDS = 0.1

_sessions: "WeakValueDictionary[str, AppSession]" = WeakValueDictionary()  # which the server has looked at
_begun: "WeakKeyDictionary[AppSession, _Begun]" = WeakKeyDictionary()
_sending: "WeakKeyDictionary[AppSession, _Begun]" = WeakKeyDictionary()
_lock = threading.Lock()


class _Begun:
    """A run whose messages are kept back."""

    def __init__(self) -> None:
        self.until = time.monotonic() + MOMENT_SECONDS
        self.awaited: set[str] | None = None  # None: the whole run
        self.is_timed = False
        self.sent = threading.Event()

    def is_due(self, finished: bool) -> bool:
        return finished or self.awaited == set() or time.monotonic() >= self.until


def install() -> None:
    """Makes every session keep a run's messages back until they are due."""
    if not hasattr(AppSession.flush_browser_queue, "__wrapped__"):
        AppSession.flush_browser_queue = _keeping_back(AppSession.flush_browser_queue)  # type: ignore[method-assign]
        AppSession.on_flushed_messages_sent = _telling(  # type: ignore[method-assign]
            AppSession.on_flushed_messages_sent
        )


def awaits(parts: Iterable[str]) -> None:
    """Says that this run is due as soon as these `part`s are written; without a word it is when it ends."""
    session = _this_session()
    if session is not None:
        _of(session).awaited = set(parts)


@contextmanager
def part(name: str) -> Iterator[None]:
    """The block writes an awaited part, or fails to; when nobody waits for it, it is written like any other."""
    try:
        yield
    finally:
        session = _this_session()
        begun = _begun.get(session) if session is not None else None
        if session is not None and begun is not None and begun.awaited:
            begun.awaited.discard(name)
            if not begun.awaited:
                _look_again(session)


def wait() -> None:
    """Waits until what is awaited is on its way to the browser: what comes after it would only slow it down."""
    session = _this_session()
    begun = _begun.get(session) if session is not None else None
    if begun is not None:
        begun.sent.wait(max(0.0, begun.until - time.monotonic()) + _SENDING_SECONDS)


def _this_session() -> AppSession | None:
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else _sessions.get(context.session_id)


def _of(session: AppSession) -> _Begun:
    with _lock:
        return _begun.setdefault(session, _Begun())


def _look_again(session: AppSession) -> None:
    if session._message_enqueued_callback is not None:
        session._message_enqueued_callback()


def _keeping_back(flush: Any) -> Any:
    @functools.wraps(flush)
    def wrapped(session: AppSession) -> Any:
        _sessions[session.id] = session
        kinds = {message.WhichOneof("type") for message in session._browser_queue._queue}
        begun = _of(session) if "new_session" in kinds else _begun.get(session)
        if begun is None:
            return flush(session)
        if not begun.is_due("script_finished" in kinds):
            if not begun.is_timed:
                begun.is_timed = True
                asyncio.get_running_loop().call_later(begun.until - time.monotonic(), _look_again, session)
            return []
        _begun.pop(session, None)
        _sending[session] = begun
        return flush(session)

    return wrapped


def _telling(sent: Any) -> Any:
    @functools.wraps(sent)
    def wrapped(session: AppSession) -> None:
        begun = _sending.pop(session, None)
        if begun is not None:
            begun.sent.set()
        sent(session)

    return wrapped
