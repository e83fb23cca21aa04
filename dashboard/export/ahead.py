"""Reading on while what was read is written: two processors instead of one."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
S = TypeVar("S")


def ahead(items: Iterator[T]) -> Generator[T]:
    """The same items; while one is used, the one after it is made in a thread, and no other.

    Closing it, or letting go of it, waits for the one in the making, asks for none after it, and closes what it was
    made of. What goes wrong in the making is raised where that item would have come.
    """
    with ThreadPoolExecutor(1, "read-ahead") as thread:
        coming = thread.submit(next, items, None)
        try:
            while (item := coming.result()) is not None:
                coming = thread.submit(next, items, None)
                yield item
        finally:
            thread.submit(_close, items).result()


def _close(items: Iterator[object]) -> None:
    if isinstance(items, Generator):
        items.close()


def side_by_side(make: Callable[[S], T], items: Iterable[S], at_once: int = 2) -> Generator[T]:
    """What is made of each item, in their order: the first as soon as it is there, then `at_once` made in threads.

    Closing it makes nothing more, and waits for what is being made.
    """
    with ThreadPoolExecutor(at_once, "make") as threads:
        coming: deque[Future[T]] = deque()
        most = 0
        try:
            for item in items:
                coming.append(threads.submit(make, item))
                if len(coming) > most:
                    yield coming.popleft().result()
                    most = at_once
            while coming:
                yield coming.popleft().result()
        finally:
            for one in coming:
                one.cancel()
