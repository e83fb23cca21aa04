"""Reading on while what was read is written: two processors instead of one."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


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
