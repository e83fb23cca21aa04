"""Who asks for an answer ends with the run that wants it; what was asked ahead, when the next run begins."""

import threading
import time
from types import SimpleNamespace

import pytest

from dashboard.archive import patience
from dashboard.archive.patience import NotWaitedForError
from dashboard.web.serving import waiting


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting.st, "session_state", {})


class Slow:
    """A question that is answered after some seconds, and looks up meanwhile."""

    def __init__(self) -> None:
        self.begun, self.ended, self.answer = threading.Event(), threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.begun.set()
        try:
            for _ in range(500):
                if self.answer.wait(0.01):
                    return
                patience.look_up()
        except NotWaitedForError:
            self.ended.set()
            raise


def test_the_next_run_ends_what_the_one_before_it_asked_ahead_and_what_waits_for_its_turn() -> None:
    old, slow, never = waiting.ahead(), [Slow() for _ in range(4)], Slow()
    for question in (*slow, never):
        old.ask(question)
    assert all(question.begun.wait(10) for question in slow)
    new, answered = waiting.ahead(), threading.Event()
    assert all(question.ended.wait(2) for question in slow)
    new.ask(answered.set)
    assert answered.wait(10), "the threads are free for the new ones"
    assert not never.begun.is_set()


def test_one_session_ends_nothing_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow()
    waiting.ahead().ask(slow)
    assert slow.begun.wait(10)
    monkeypatch.setattr(waiting.st, "session_state", {})
    waiting.ahead()
    time.sleep(0.05)
    assert not slow.ended.is_set()
    slow.answer.set()


def test_what_a_run_asks_looks_whether_streamlit_wants_to_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class NewerClick(BaseException):
        """As Streamlit's own is."""

    def yield_check() -> None:
        raise NewerClick

    monkeypatch.setattr(waiting, "get_script_run_ctx", lambda **_: SimpleNamespace(yield_check=yield_check))
    with waiting.by_this_run(), pytest.raises(NewerClick):
        patience.look_up()
    patience.look_up()  # beyond the block nobody is asked
    monkeypatch.setattr(waiting, "get_script_run_ctx", lambda **_: None)
    with patience.looking(yield_check), waiting.by_this_run(), pytest.raises(NewerClick):
        patience.look_up()
