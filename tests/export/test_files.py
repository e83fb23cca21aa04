"""A file is there whole or not at all."""

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.errors import UnreachableError, UsageError
from dashboard.export.files import is_special, replaced, write_chunks


def test_a_new_file_takes_the_place_of_the_old_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_bytes(b"old")
    with replaced(target) as file:
        write_chunks(iter([b"new"]), file)
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_bytes(b"old")

    def broken() -> Iterator[bytes]:
        yield b"half"
        raise KeyError

    with pytest.raises(KeyError), replaced(target) as file:
        write_chunks(broken(), file)
    with pytest.raises(UnreachableError, match="No space"), replaced(target):
        raise OSError(28, "No space left on device")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    target, link = tmp_path / "out.csv", tmp_path / "link.csv"
    link.symlink_to(target)
    with replaced(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_place_that_cannot_hold_a_file_is_wrong_use(tmp_path: Path) -> None:
    for target in (tmp_path, tmp_path / "missing" / "out.csv"):
        with pytest.raises(UsageError), replaced(target):
            pass
    assert list(tmp_path.iterdir()) == []


def test_devices_and_pipes_are_written_into_and_never_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert is_special(Path(os.devnull))
    assert is_special(tmp_path / "pipe")
    (tmp_path / "file").touch()
    assert not any(is_special(path) for path in (tmp_path, tmp_path / "file", tmp_path / "missing"))


def test_chunks_are_counted_and_fingerprinted() -> None:
    file = io.BytesIO()
    written = write_chunks(iter([b"ab", b"", b"c"]), file)
    assert file.getvalue() == b"abc"
    assert (written.size_bytes, written.sha256) == (3, hashlib.sha256(b"abc").hexdigest())
