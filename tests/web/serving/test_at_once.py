"""A run's messages go to the browser together: when what matters is written, when the run ends, or after a moment."""

import asyncio
import time
from collections import namedtuple
from collections.abc import Callable

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from dashboard.web.serving import at_once
from tests import own_loop

Context = namedtuple("Context", "session_id")


class Session:
    """What the runtime's loop has of a browser's session."""

    id = "one"

    def __init__(self) -> None:
        self._browser_queue = ForwardMsgQueue()
        self.looks: list[float] = []
        self._flush = at_once._keeping_back(lambda session: session._browser_queue.flush())
        self._sent = at_once._telling(lambda _: None)

    def _message_enqueued_callback(self) -> None:
        self.looks.append(time.monotonic())

    def write(self, *kinds: str) -> None:
        for kind in kinds:
            message = ForwardMsg()
            getattr(message, kind).SetInParent() if kind != "script_finished" else setattr(message, kind, 0)
            self._browser_queue.enqueue(message)

    def sent(self) -> list[str]:
        """What the loop sends when it looks now."""
        messages = self._flush(self)
        self._sent(self)
        return [message.WhichOneof("type") for message in messages]


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(at_once, "get_script_run_ctx", lambda **_: Context(Session.id))
    session = Session()
    assert session.sent() == []  # the server has seen it
    return session


def looking(session: Session, look: Callable[[], None]) -> None:
    async def run() -> None:
        look()

    own_loop.run(run())


def test_a_run_goes_when_it_ends(session: Session) -> None:
    def look() -> None:
        session.write("new_session", "navigation")
        assert session.sent() == []
        session.write("script_finished")
        assert session.sent() == ["new_session", "navigation", "script_finished"]
        session.write("parent_message")
        assert session.sent() == ["parent_message"]

    looking(session, look)


def test_a_run_goes_when_the_awaited_parts_are_written_or_failed(session: Session) -> None:
    def look() -> None:
        session.write("new_session")
        at_once.awaits(("table", "chart"))
        assert session.sent() == []
        with at_once.part("table"):
            session.write("navigation")
        with at_once.part("facets"):
            pass
        assert session.sent() == session.looks == []
        with pytest.raises(ValueError, match="wrong"), at_once.part("chart"):
            raise ValueError("wrong")
        assert len(session.looks) == 1
        assert session.sent() == ["new_session", "navigation"]
        with at_once.part("chart"):  # a part that is written anew by itself
            session.write("navigation")
        assert session.sent() == ["navigation"]

    looking(session, look)


def test_a_slow_run_begins_to_show_after_a_moment(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_once, "MOMENT_SECONDS", 0.02)

    async def run() -> None:
        session.write("new_session")
        at_once.awaits(("table",))
        assert session.sent() == session.sent() == []
        await asyncio.sleep(0.05)
        assert len(session.looks) == 1  # the loop is told by itself, once
        assert session.sent() == ["new_session"]
        session.write("navigation")
        assert session.sent() == ["navigation"]

    own_loop.run(run())


def test_what_comes_later_waits_until_the_first_is_sent(session: Session) -> None:
    async def run() -> None:
        session.write("new_session")
        at_once.awaits(("table",))
        assert session.sent() == []
        waiting = asyncio.get_running_loop().run_in_executor(None, at_once.wait)
        await asyncio.sleep(0.01)
        assert not waiting.done()
        with at_once.part("table"):
            pass
        assert session.sent() == ["new_session"]
        await waiting
        at_once.wait()  # nothing is kept back: nothing to wait for

    began = time.monotonic()
    own_loop.run(run())
    assert time.monotonic() - began < at_once.MOMENT_SECONDS + at_once._SENDING_SECONDS + 5


def test_without_a_server_a_page_writes_as_ever() -> None:
    at_once.awaits(("table",))
    with at_once.part("table"):
        pass
    at_once.wait()
    assert not at_once._begun


def test_it_is_installed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("flush_browser_queue", "on_flushed_messages_sent"):
        monkeypatch.setattr(AppSession, name, getattr(AppSession, name))
    at_once.install()
    ours = AppSession.flush_browser_queue, AppSession.on_flushed_messages_sent
    at_once.install()
    assert (AppSession.flush_browser_queue, AppSession.on_flushed_messages_sent) == ours
