"""Reading ahead: the same items, one of them early, none after the end."""

import threading
from collections.abc import Iterator

import pytest

from dashboard.export.ahead import ahead


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
