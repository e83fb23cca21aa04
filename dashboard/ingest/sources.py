"""One input of an import: a file or standard input; gzip, byte order mark and format are told by the content."""

import gzip
import io
import os
import re
import sys
import tempfile
import zlib
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from dashboard.errors import UsageError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEAD_BYTES = 64 * 1024
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_BLOCK_BYTES = 1024 * 1024
_OTHER_KINDS = {
    b"PK\x03\x04": "a ZIP file or a workbook: unpack it, or save the sheet as CSV",
    b"PAR1": "a Parquet file",
    b"SQLite format 3\0": "an SQLite database",
    b"\x28\xb5\x2f\xfd": "packed by zstd: unpack it first",
    b"BZh": "packed by bzip2: unpack it first",
    b"\xfd7zXZ\0": "packed by xz: unpack it first",
    b"%PDF-": "a PDF document",
}


class Format(StrEnum):
    """What an import reads."""

    CSV = "csv"
    JSON = "json"


class Unusable(Exception):
    """Nothing of this file can be taken; the text says why, and `line` where it was seen."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.line = line


class _Readable(Protocol):
    def read1(self, size: int, /) -> bytes: ...


class _Counted(io.RawIOBase):
    """A stream that tells how much was read of it; closing it leaves the stream below open."""

    def __init__(self, below: BinaryIO, taken: Callable[[int], None]) -> None:
        self._below = below
        self._taken = taken

    def readable(self) -> bool:
        return True

    def readinto(self, room: "WriteableBuffer", /) -> int:
        block = self._below.read(len(memoryview(room)))
        memoryview(room)[: len(block)] = block
        self._taken(len(block))
        return len(block)


class Source:
    """The bytes of one input as text of UTF-8, unpacked, without its byte order mark."""

    def __init__(self, name: str, stream: BinaryIO, taken: Callable[[int], None] = lambda size: None) -> None:
        """Reads nothing yet; `taken` hears of every block read, in bytes as they lie on the disk."""
        self.name = name
        self.problem = ""  # how the data broke off, once it did
        self._stream = stream
        self._taken = taken
        self._start = stream.tell() if stream.seekable() else 0
        self._spool: BinaryIO | None = None
        self._head = b""
        self._body: _Readable = io.BytesIO()

    def open(self) -> bytes:
        """Goes to the beginning; the first bytes, at most HEAD_BYTES, which `read` gives again. Raises Unusable."""
        raw = io.BufferedReader(_Counted(self._stream, self._taken), _BLOCK_BYTES)
        self._body = gzip.GzipFile(fileobj=raw, mode="rb") if raw.peek(2)[:2] == _GZIP else raw
        self._head = b""
        while len(self._head) < HEAD_BYTES and (block := self._below(HEAD_BYTES - len(self._head))):
            self._head += block
        _refuse_other_kinds(self._head)
        self._head = self._head.removeprefix(_BOM)
        return self._head

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end, and none where packed data breaks off: `problem` then says so."""
        if self._head:
            head, self._head = self._head[:size], self._head[size:]
            return head
        return self._below(size)

    def _below(self, size: int) -> bytes:
        if self.problem:
            return b""
        try:
            return self._body.read1(size)  # `read` would lose what it has when packed data breaks off
        except (EOFError, gzip.BadGzipFile, zlib.error):
            self.problem = "the gzip data is damaged or breaks off here; what came before was taken"
            return b""
        except OSError as wrong:
            self.problem = f"can't be read any further: {wrong.strerror or wrong}"
            return b""

    def rewindable(self) -> None:
        """Makes `open` work a second time: what can't be read twice goes to a temporary file. Call it after `open`."""
        if self._stream.seekable():
            return
        self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the source; `close` ends it
        while block := self.read(_BLOCK_BYTES):
            self._spool.write(block)
        self._spool.seek(0)
        self._stream, self._start = self._spool, 0

    def rewind(self) -> bytes:
        self._stream.seek(self._start)
        self.problem = ""
        return self.open()

    def close(self) -> None:
        if self._spool is not None:
            self._spool.close()


def format_of(head: bytes) -> Format:
    """Tells the format by the first character: `{` and `[` begin JSON, everything else is the header of a CSV file."""
    return Format.JSON if head.lstrip(b" \t\r\n")[:1] in (b"{", b"[") else Format.CSV


def check_readable(names: list[str]) -> None:
    """Raises UsageError for the first name that can't be read, before anything of the others is stored."""
    for name in names:
        if name == "-":
            continue
        if Path(name).is_dir():
            raise UsageError(f"{name!r} is a folder.", "Name the files in it.")
        if not os.access(name, os.R_OK):
            raise UsageError(f"{name!r} can't be read.", "Is the path right, and may you read it?")
    if names.count("-") > 1:
        raise UsageError("Standard input can be read only once.", "Write - at most once.")


def open_stream(name: str) -> BinaryIO:
    return sys.stdin.buffer if name == "-" else Path(name).open("rb")


def _refuse_other_kinds(head: bytes) -> None:
    if head[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        raise Unusable("is UTF-32 text: save it as UTF-8")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or re.match(rb"(?:\0[^\0]|[^\0]\0)", head):
        raise Unusable("is UTF-16 text: save it as UTF-8")
    for magic, kind in _OTHER_KINDS.items():
        if head.startswith(magic):
            raise Unusable(f"is {kind}")
