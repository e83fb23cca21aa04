"""CSV (RFC 4180) with a header line; the delimiter is a comma, a semicolon or a tab, whichever the header uses.

Two kinds, told apart by the header:

* **A table of seven columns**, as the page or GitSec writes it: Actor, Category, Action, Description, IP Address,
  Region, Timestamp, and other words of the data dictionary if there. An empty cell is no value; so is `-` or `—` as
  actor, address or region (the system acted, from nowhere).
* **Our own export** (its header has the words `occurred_at` and `seq`): an empty cell is no value, and one leading `'`
  of a text cell is taken off. The export put it before texts that are empty or begin with = + - @ ' — TAB CR LF, so
  that no spreadsheet runs them as a formula and nothing is mistaken for a missing value.

Each line stands alone: a damaged one is rejected and the next is read. A quote that is never closed costs its own line
only: when the record would pass the limits or the file ends inside it, reading goes on at the line after its first.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC

from dashboard.errors import InvalidEvent
from dashboard.ingest.fields import MAY_BE_NOBODY, NOBODY, Maker, Names, column_of
from dashboard.ingest.lines import LONGEST_LINE_BYTES, TOO_LONG, numbered_lines
from dashboard.ingest.rejects import WHOLE_LINE, Parsed, Reject, rejected
from dashboard.ingest.sources import Source, Unusable

DELIMITERS = (",", ";", "\t")
_QUOTES = re.compile('"+')
_Numbered = tuple[int, bytes | str]


def read_delimited(source: Source, maker: Maker) -> Iterator[Parsed]:
    """Yields what each record of the file holds. Raises Unusable when its header does not say what the columns are."""
    records = _Records(numbered_lines(source.read, lambda: source.problem))
    table = _Table.of(records.header(), maker)
    records.width = table.width
    for line, size_bytes, cells in records:
        yield table.parsed(line, size_bytes, cells) if isinstance(cells, list) else rejected(line, WHOLE_LINE, cells)


class _Table:
    """What the columns are, and so how a row becomes an event."""

    def __init__(self, header: list[str], maker: Maker) -> None:
        names = Names.of(header)
        places = {name: place for place, name in enumerate(header)}
        words = {name.strip().casefold() for name in header}
        self.width = len(header)
        self._maker = maker
        self._zone = UTC if names.utc else None
        self._places = [(field, places[name]) for name, field in names.fields]
        self._own = {"occurred_at", "seq"} <= words

    @classmethod
    def of(cls, header: list[str], maker: Maker) -> "_Table":
        if not any(column_of(name) for name in header):
            raise Unusable("is neither JSON nor CSV with a header line such as Actor,Category,Action,…,Timestamp")
        try:
            return cls(header, maker)
        except InvalidEvent as wrong:
            raise Unusable(f"the header's column {wrong.field!r} {wrong.reason}") from wrong

    def parsed(self, line: int, size_bytes: int, cells: list[str]) -> Parsed:
        if len(cells) != self.width:
            return rejected(line, WHOLE_LINE, f"has {len(cells)} cells where the header has {self.width}")
        fields: dict[str, str | int | None] = {field: cells[place] or None for field, place in self._places}
        if self._own:
            _take_guards_off(fields)
        else:
            _name_nobody(fields)
        try:
            if fields.get("source_seq") is not None:
                fields["source_seq"] = _counter(str(fields["source_seq"]))
            return Parsed(line, size_bytes, self._maker.event(fields, self._zone))
        except InvalidEvent as wrong:
            return Parsed(line, 0, Reject.because(line, wrong))


def _take_guards_off(fields: dict[str, str | int | None]) -> None:
    for field, text in fields.items():
        if isinstance(text, str) and text[0] == "'":
            fields[field] = text[1:]


def _name_nobody(fields: dict[str, str | int | None]) -> None:
    for field in MAY_BE_NOBODY & fields.keys():
        text = fields[field]
        if isinstance(text, str) and text.strip() in NOBODY:
            fields[field] = None
    for field in ("outcome", "actor_type"):
        word = fields.get(field)
        if isinstance(word, str):
            fields[field] = word.strip().casefold()


def _counter(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 16):
        raise InvalidEvent("source_seq", f"{text[:32]!r} is not a whole number from 0 to 2^53 - 1")
    return int(text)


class _Records:
    """The records of a file: (line where it begins, bytes, cells, or why it has none)."""

    def __init__(self, lines: Iterator[_Numbered]) -> None:
        self.width = 1
        self._lines = lines
        self._again: deque[_Numbered] = deque()  # lines read in vain behind a quote that was never closed
        self._delimiter = ","

    def header(self) -> list[str]:
        """The cells of the first line that is not blank; fixes the delimiter. Raises Unusable when there is none."""
        for _, line in self._lines:
            if isinstance(line, str):
                raise Unusable("has a first line longer than 1 MiB" if line == TOO_LONG else line)
            try:
                text = line.decode().rstrip("\r\n")
            except UnicodeDecodeError as wrong:
                raise Unusable(_not_utf8(wrong)) from wrong
            if text.strip():
                return self._header(text)
        raise Unusable("is empty")

    def _header(self, text: str) -> list[str]:
        def known(cells: list[str]) -> int:
            return sum(column_of(cell) is not None for cell in cells)

        rows = {delimiter: _row([text], delimiter) for delimiter in DELIMITERS}
        self._delimiter = max(DELIMITERS, key=lambda delimiter: known(rows[delimiter]))
        return rows[self._delimiter]

    def __iter__(self) -> Iterator[tuple[int, int, list[str] | str]]:
        while True:
            if self._again:
                number, line = self._again.popleft()
            elif (following := next(self._lines, None)) is not None:
                number, line = following
            else:
                return
            if isinstance(line, str):
                yield number, 0, line
                continue
            try:
                text = line.decode()
            except UnicodeDecodeError as wrong:
                yield number, 0, _not_utf8(wrong)
                continue
            if '"' not in text:
                if text := text.rstrip("\r\n"):
                    yield number, len(line), text.split(self._delimiter)
            else:
                yield self._quoted(number, line, text)

    def _quoted(self, number: int, line: bytes, text: str) -> tuple[int, int, list[str] | str]:
        """Reads a record that has quotes and may go on over the next lines; gives those back when it does not end."""
        further: list[_Numbered] = []
        size_bytes = len(line)

        def texts() -> Iterator[str]:
            nonlocal size_bytes
            yield text
            toggles = 0  # a run of quotes of odd length opens or closes a cell; a record of n cells has at most 2n
            while toggles <= 2 * self.width:
                following = self._again.popleft() if self._again else next(self._lines, None)
                if following is None:
                    return
                further.append(following)
                if isinstance(following[1], str):
                    return
                size_bytes += len(following[1])
                if size_bytes > LONGEST_LINE_BYTES:
                    return
                try:
                    more = following[1].decode()
                except UnicodeDecodeError:
                    return
                toggles += sum(len(run) & 1 for run in _QUOTES.findall(more))
                yield more

        try:
            return number, size_bytes, next(csv.reader(texts(), delimiter=self._delimiter, strict=True))
        except csv.Error as wrong:
            self._again.extendleft(reversed(further))
            return number, 0, _why(wrong)


def _row(lines: list[str], delimiter: str) -> list[str]:
    return next(csv.reader(lines, delimiter=delimiter), [])


def _why(wrong: csv.Error) -> str:
    reason = str(wrong)
    if "unexpected end" in reason:
        return "opens a quote that is never closed"
    if "expected after" in reason:
        return "has text after a closing quote, or a quote that is never closed"
    return "has a cell longer than 128 KiB" if "field limit" in reason else f"is not CSV: {reason}"


def _not_utf8(wrong: UnicodeDecodeError) -> str:
    return f"is not UTF-8: byte {wrong.start + 1} is 0x{wrong.object[wrong.start]:02x}"
