"""How much a process holds while something is done."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Holder(Protocol):
    """A server."""

    def memory_bytes(self) -> int: ...


@contextmanager
def watched(server: Holder, every_s: float = 1.0) -> Iterator[dict[str, int]]:
    """Looks at the server's memory now and then; `first` and `most` are there when the block ends."""
    first = server.memory_bytes()
    memory = {"first": first, "most": first}
    done = threading.Event()

    def look() -> None:
        while not done.wait(every_s):
            memory["most"] = max(memory["most"], server.memory_bytes())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield memory
    finally:
        done.set()
        thread.join()
