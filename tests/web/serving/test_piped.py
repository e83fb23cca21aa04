"""Piping what writes to a file: all of it, its errors, and an end when nobody reads on."""

import threading
import zipfile
from io import BytesIO
from typing import IO

import pytest

from dashboard.errors import UsageError
from dashboard.web.serving.piped import piped


def test_a_zip_comes_through_whole() -> None:
    def write(file: IO[bytes]) -> None:
        with zipfile.ZipFile(file, "w") as packed:
            packed.writestr("a.txt", "a" * 3_000_000)

    with zipfile.ZipFile(BytesIO(b"".join(piped(write)))) as packed:
        assert packed.read("a.txt") == b"a" * 3_000_000


def test_what_is_wrong_before_the_first_piece_is_raised_at_once() -> None:
    def write(_: IO[bytes]) -> None:
        raise UsageError("nothing is signed")

    with pytest.raises(UsageError, match="nothing is signed"):
        piped(write)


def test_a_file_that_was_cut_never_looks_whole() -> None:
    def write(file: IO[bytes]) -> None:
        file.write(b"x" * 1_000_000)
        raise UsageError("a row is not what was sealed")

    pieces = piped(write)
    with pytest.raises(UsageError):
        b"".join(pieces)


def test_writing_stops_when_nobody_reads_on() -> None:
    ended = threading.Event()

    def write(file: IO[bytes]) -> None:
        try:
            for _ in range(1_000):
                file.write(b"x" * 1_000_000)
        finally:
            ended.set()

    pieces = piped(write)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]  # a generator
    assert ended.wait(10)
