"""Reading ahead: the same items, one of them early, none after the end."""

import threading
from collections.abc import Iterator

import pytest

from dashboard.export.ahead import ahead, side_by_side


class Source:
    """Counts up, and says what was asked of it."""

    def __init__(self, end: int = 1_000) -> None:
        self.asked, self.closed, self._end = 0, False, end
        self.waiting = threading.Semaphore(0)

    def items(self) -> Iterator[int]:
        try:
            for number in range(self._end):
                self.asked += 1
                self.waiting.release()
                yield number
        finally:
            self.closed = True


def test_the_items_come_in_order_and_the_source_is_closed() -> None:
    source = Source(20)
    assert list(ahead(source.items())) == list(range(20))
    assert source.closed
    assert list(ahead(iter([]))) == []


def test_one_item_is_made_while_the_one_before_it_is_used_and_no_other() -> None:
    source = Source()
    items = ahead(source.items())
    assert next(items) == 0
    for _ in range(2):
        assert source.waiting.acquire(timeout=10)
    assert not source.waiting.acquire(timeout=0.05)
    items.close()


def test_closing_asks_for_nothing_more_and_closes_the_source() -> None:
    source = Source()
    items = ahead(source.items())
    next(items)
    items.close()
    assert source.asked <= 2
    assert source.closed
    assert not any(thread.name.startswith("read-ahead") for thread in threading.enumerate())


def test_what_goes_wrong_is_raised_where_the_item_would_have_come() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise KeyError("gone")

    items = ahead(broken())
    assert next(items) == 1
    with pytest.raises(KeyError, match="gone"):
        next(items)


def test_what_is_made_side_by_side_comes_in_the_order_of_the_items() -> None:
    second = threading.Event()

    def make(item: int) -> int:
        if item == 1:
            assert second.wait(20), "the one after it is not made meanwhile"
        if item == 2:
            second.set()
        return item * item

    assert list(side_by_side(make, range(6))) == [0, 1, 4, 9, 16, 25]


def test_the_first_is_there_before_a_second_is_asked_for() -> None:
    source = Source()
    made = side_by_side(str, source.items())
    assert next(made) == "0"
    assert source.asked == 1
    made.close()
    assert source.asked == 1


def test_what_goes_wrong_in_making_is_raised_in_its_place() -> None:
    made = side_by_side(lambda item: 1 // item, (2, 1, 0, 1))
    assert [next(made), next(made)] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(made)
