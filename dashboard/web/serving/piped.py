"""What writes to a file, as pieces to send: nothing lies on a disk, and little in memory."""

import os
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import IO

from dashboard.errors import AuditlensError

_PIECE_BYTES = 256 * 1024


def piped(write: Callable[[IO[bytes]], object]) -> Generator[bytes]:
    """Runs `write` in a thread and gives the pieces as they come; it stops writing when nobody reads on.

    Raises what `write` raised: before the first piece if it wrote nothing, else in the middle, so that a file that was
    cut never looks whole.
    """
    pieces = _pieces(write)
    first = next(pieces, b"")
    return _after(first, pieces)


def _after(first: bytes, rest: Iterator[bytes]) -> Generator[bytes]:
    yield first
    yield from rest


def _pieces(write: Callable[[IO[bytes]], object]) -> Iterator[bytes]:
    reading, writing = os.pipe()
    wrong: list[BaseException] = []

    def run() -> None:
        try:
            with os.fdopen(writing, "wb") as file, suppress(BrokenPipeError):
                write(file)
        except (AuditlensError, OSError, ValueError) as error:
            wrong.append(error)

    thread = threading.Thread(target=run, name="piped", daemon=True)
    thread.start()
    with os.fdopen(reading, "rb", buffering=0) as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
    thread.join()
    if wrong:
        raise wrong[0]
