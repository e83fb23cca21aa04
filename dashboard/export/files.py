"""A file is there whole or not at all: written beside its place, then renamed into it."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dashboard.errors import UnreachableError, UsageError

MANIFEST_ENDING = ".manifest.json"


@dataclass(frozen=True, slots=True)
class Written:
    """How much was written, and its fingerprint."""

    size_bytes: int
    sha256: str


def write_chunks(chunks: Iterator[bytes], file: IO[bytes]) -> Written:
    """Writes the chunks as they come, holding one at a time."""
    digest, size_bytes = hashlib.sha256(), 0
    for chunk in chunks:
        file.write(chunk)
        digest.update(chunk)
        size_bytes += len(chunk)
    file.flush()
    return Written(size_bytes, digest.hexdigest())


def is_special(target: Path) -> bool:
    """Whether the name is a device or a pipe, which is written into and never replaced."""
    try:
        return not stat.S_ISREG(target.stat().st_mode) and not target.is_dir()
    except OSError:
        return False


@contextmanager
def replaced(target: Path) -> Iterator[IO[bytes]]:
    """Opens a new file that takes the place of `target` when the block ends well, and is removed when it does not.

    A symbolic link stays and what it points at is replaced; the mode follows the umask. Raises UsageError when the
    place can't hold a file, UnreachableError when the disk is full.
    """
    place = Path(os.path.realpath(target))
    if place.is_dir():
        raise UsageError(f"{target} is a folder.", "Name a file in it.")
    beside = place.with_name(f".{place.name[:200]}.{os.getpid()}.part")
    try:
        file = beside.open("xb")
    except OSError as wrong:
        raise UsageError(
            f"{target} can't be written: {wrong.strerror}.", "Name a file in a folder of yours."
        ) from wrong
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(place)
    except OSError as wrong:
        raise UnreachableError(
            f"{target} can't be written: {wrong.strerror}.", "What was there before stays."
        ) from wrong
    finally:
        beside.unlink(missing_ok=True)
