"""A JSON array of objects of any length, in constant memory: read twice, first checked as a whole, then taken.

An array is one JSON value, so it is valid or not: when it breaks off, or anything in it is not JSON, nothing of it is
taken. An element that is JSON and no event is rejected alone, and so is one longer than 1 MiB.

Streaming readers (ijson) don't tell lines, keep no limit on one element and allow half surrogate pairs. So the array is
cut into elements here and orjson reads each: no proper beginning of an object is an object itself, so the first `}` up
to which the text can be read ends it. After a few vain tries brackets are counted instead, which is linear.
"""

import re
from collections.abc import Iterator
from itertools import islice

import orjson

from dashboard.ingest.fields import Maker
from dashboard.ingest.json_objects import ObjectReader, kind_of, why_not_json
from dashboard.ingest.lines import LONGEST_LINE_BYTES, TOO_LONG
from dashboard.ingest.rejects import WHOLE_LINE, Parsed, rejected
from dashboard.ingest.sources import Source, Unusable

_BLOCK_BYTES = 1024 * 1024
_BLANKS = re.compile(rb"[ \t\r\n]*")
_LIKELY_END = re.compile(rb"\}(?=[ \t\r\n]*[,\]])")
_SCALAR = re.compile(rb'[^\s,\[\]{}"]+')
_MARK = re.compile(rb'[\\"{}\[\]]')
_TRIES = 3
_UNREAD = object()
_BROKEN_OFF = "is not JSON: the array breaks off here"
_TOO_DEEP = "depth limit exceeded"


def read_array(source: Source, maker: Maker) -> Iterator[Parsed]:
    """Yields what each element holds. Raises Unusable, before the first one, unless the whole is a JSON array."""
    source.rewindable()
    _check(source)
    source.rewind()
    reader = ObjectReader(maker)
    for line, text, value in _Elements(source):
        if text is None:
            yield rejected(line, WHOLE_LINE, TOO_LONG)
        else:
            yield reader.parsed(line, text) if value is _UNREAD else reader.of_value(line, text, value)


def _check(source: Source) -> None:
    """Raises Unusable unless the source is a JSON array that holds at least one object, or nothing."""
    source.rewind()
    objects, others = 0, ""
    for line, text, known in _Elements(source):
        if text is None:
            objects += 1
            continue
        try:
            value = orjson.loads(text) if known is _UNREAD else known
        except orjson.JSONDecodeError as wrong:
            if wrong.msg.startswith(_TOO_DEEP):
                continue
            raise Unusable(why_not_json(text, wrong), line + wrong.lineno - 1) from wrong
        if type(value) is dict:
            objects += 1
        else:
            others = others or kind_of(value)
    if others and not objects:
        raise Unusable(f"is an array that holds {others} where events, which are objects, belong")


class _Elements:
    """The elements: (line where it begins, its text or None when too long, its value or _UNREAD). Raises Unusable."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._window = b""  # from `_at` on, it holds more than the longest element, or all that is left
        self._at = 0
        self._line = 1
        self._value: object = _UNREAD  # of the element just cut, where cutting it took reading it
        self._counted = 0  # how far into the window lines have been counted

    def __iter__(self) -> Iterator[tuple[int, bytes | None, object]]:
        self._skip_blanks()
        self._take(b"[")
        if self._next() == b"]":
            self._at += 1
        else:
            while True:
                yield self._element()
                if self._next() == b"]":
                    self._at += 1
                    break
                self._take(b",")
                self._skip_blanks()
        if self._next():
            raise Unusable("is not JSON: something follows the array", self._here())

    def _element(self) -> tuple[int, bytes | None, object]:
        self._fill()
        line, start = self._here(), self._at
        self._value = _UNREAD
        end = self._end()
        if end is None or end - start > LONGEST_LINE_BYTES:
            if self._window[start] not in b'{["':
                raise Unusable("is not JSON: a number longer than 1 MiB", line)
            self._skip_nested()
            return line, None, _UNREAD
        self._at = end
        return line, self._window[start:end], self._value

    def _end(self) -> int | None:
        """Where the element ends, None when it is longer than the window."""
        first = self._window[self._at : self._at + 1]
        if first == b"{":
            for likely in islice(_LIKELY_END.finditer(self._window, self._at), _TRIES):
                self._value = _read(self._window[self._at : likely.end()])
                if self._value is not _UNREAD:
                    return likely.end()
        if first in (b"{", b"[", b'"'):
            return _Nesting().end(self._window, self._at)
        match = _SCALAR.match(self._window, self._at)
        if match is None:
            raise self._unexpected()
        return match.end()

    def _skip_nested(self) -> None:
        """Goes behind an element of any length without keeping it."""
        nesting = _Nesting()
        while (end := nesting.end(self._window, self._at)) is None:
            self._at = len(self._window)
            self._fill()
            if self._at == len(self._window):
                raise Unusable(self._source.problem or _BROKEN_OFF, self._here())
        self._at = end

    def _next(self) -> bytes:
        self._skip_blanks()
        return self._window[self._at : self._at + 1]

    def _skip_blanks(self) -> None:
        while True:
            blanks = _BLANKS.match(self._window, self._at)
            self._at = blanks.end() if blanks else self._at
            if self._at < len(self._window):
                return
            self._fill()
            if self._at == len(self._window):
                return

    def _take(self, mark: bytes) -> None:
        if self._window[self._at : self._at + 1] != mark:
            raise self._unexpected()
        self._at += 1

    def _unexpected(self) -> Unusable:
        found = self._window[self._at : self._at + 1].decode("latin-1")
        reason = f"is not JSON: {found!r} where it can't stand" if found else self._source.problem or _BROKEN_OFF
        return Unusable(reason, self._here())

    def _fill(self) -> None:
        if len(self._window) - self._at > LONGEST_LINE_BYTES:
            return
        self._here()
        blocks = [self._window[self._at :]]
        size = len(blocks[0])
        while size <= 2 * LONGEST_LINE_BYTES and (block := self._source.read(_BLOCK_BYTES)):
            blocks.append(block)
            size += len(block)
        self._window = b"".join(blocks)
        self._at = self._counted = 0

    def _here(self) -> int:
        self._line += self._window.count(b"\n", self._counted, self._at)
        self._counted = self._at
        return self._line


class _Nesting:
    """Counts brackets outside strings, over any number of windows."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._escaped = False  # the last byte of the window before was a backslash

    def end(self, window: bytes, start: int) -> int | None:
        """Where the value that begins at `start`, or began in an earlier window, ends; None when it goes on."""
        skip = start if self._escaped else -1
        self._escaped = False
        for match in _MARK.finditer(window, start):
            at, mark = match.start(), match[0]
            if at == skip:
                continue
            if self._in_string:
                if mark == b"\\":
                    skip = at + 1
                    self._escaped = skip == len(window)
                self._in_string = mark != b'"'
            elif mark == b'"':
                self._in_string = True
            elif mark != b"\\":
                self._depth += 1 if mark in b"{[" else -1
            if not self._in_string and self._depth <= 0:
                return at + 1
        return None


def _read(text: bytes) -> object:
    try:
        value: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return _UNREAD
    return value
