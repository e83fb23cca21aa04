"""Answers are asked for once, by whoever comes first; none is kept from before an erasure."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.archive import patience
from dashboard.archive.patience import NotWaitedForError
from dashboard.web.kept_answers import KeptAnswers


def test_who_asks_while_it_is_worked_out_waits_for_it() -> None:
    kept, go_on, asked = KeptAnswers(4), threading.Event(), []

    def ask() -> object:
        asked.append(1)
        go_on.wait(10)
        return object()

    with ThreadPoolExecutor(4) as pool:
        given = [pool.submit(kept.get, "log", 0, "key", ask) for _ in range(4)]
        assert kept.get("log", 0, "another", lambda: 7) == 7, "one slow answer holds up no other"
        go_on.set()
        assert len({id(one.result(10)) for one in given}) == 1
    assert asked == [1]


def test_who_waits_for_anothers_work_and_is_not_waited_for_leaves_and_the_work_goes_on() -> None:
    kept, begun, go_on = KeptAnswers(4), threading.Event(), threading.Event()

    def ask() -> bool:
        begun.set()
        return go_on.wait(10)

    def look() -> None:
        raise NotWaitedForError

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(kept.get, "log", 0, "key", ask)
        begun.wait(10)
        with patience.looking(look), pytest.raises(NotWaitedForError):
            kept.get("log", 0, "key", lambda: False)
        assert not working.done()
        go_on.set()
        assert working.result(10)
    assert kept.get("log", 0, "key", lambda: False), "its answer is kept"


def test_the_ones_that_were_wanted_last_are_held() -> None:
    kept = KeptAnswers(2)
    for key in ("a", "b", "a", "c"):
        kept.get("log", 0, key, lambda key=key: [key])
    assert kept.get("log", 0, "a", lambda: ["anew"]) == ["a"]
    assert kept.get("log", 0, "b", lambda: ["anew"]) == ["anew"]


def test_what_went_wrong_is_raised_and_asked_for_again() -> None:
    kept = KeptAnswers(2)
    with pytest.raises(ZeroDivisionError):
        kept.get("log", 0, "key", lambda: 1 // 0)
    assert kept.get("log", 0, "key", lambda: None) is None
    assert kept.get("log", 0, "key", lambda: 1) is None, "nothing is an answer, too"


def test_nothing_is_kept_from_before_an_erasure() -> None:
    kept = KeptAnswers(2)
    kept.get("log", 3, "key", lambda: "with a name")
    assert kept.get("log", 4, "key", lambda: "without") == "without"
    assert kept.get("log", 3, "key", lambda: "read late") == "read late"
    assert kept.get("log", 4, "key", lambda: "not asked") == "without"
    assert kept.get("another log", 0, "key", lambda: "its own") == "its own"
