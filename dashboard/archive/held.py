"""Columns of the archive's files, decoded once and held in memory.

A file of the archive never changes, so what was decoded of it stays right for as long as the file is part of the log. A
text column is held as categories: one dictionary for all files, one small number a row, so that a filter, a group or a
search looks at the distinct values and then at numbers. What is found out about a file is kept longer than its columns:
its distinct values, its counts. Bytes are bounded: what was asked for longest ago goes first, and a question that needs
more than there is room for is answered from the files instead.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

import polars as pl

from dashboard.archive.snapshot import Piece
from dashboard.events.columns import SCHEMA

Code = type[pl.UInt8] | type[pl.UInt16] | type[pl.UInt32]

_CODES: Mapping[str, Code] = {
    "category": pl.UInt16,
    "action": pl.UInt16,
    "outcome": pl.UInt8,
    "actor_type": pl.UInt8,
    "region": pl.UInt16,
    "country": pl.UInt16,
    "reported_region": pl.UInt16,
    "source": pl.UInt16,
    "clock": pl.UInt8,
    "erased": pl.UInt8,
    "actor": pl.UInt32,
    "source_ip": pl.UInt32,
    "target": pl.UInt32,
    "description": pl.UInt32,
    "user_agent": pl.UInt32,
}
"""The texts that are held, each with how large its numbers are: more distinct values than fit are not held."""
_PLAIN = ("occurred_at", "recorded_at", "seq", "id", "source_seq")

TEXTS = frozenset(_CODES)
NUMBERS = frozenset(_PLAIN)  # times are numbers too
HOLDABLE = TEXTS | NUMBERS
_WIDTHS: Mapping[Code, int] = {pl.UInt8: 1, pl.UInt16: 2, pl.UInt32: 4}
_MOST_VALUE_BYTES = 256 << 20  # of the distinct values of one column
_VALUE_OVERHEAD = 48
DEFAULT_HELD_BYTES = 640 << 20
_AT_ONCE = 8  # files decoded together

T = TypeVar("T")
Found = TypeVar("Found", pl.Series, pl.DataFrame)

Key = tuple[str, str]  # a file and a column
Count = Callable[[pl.DataFrame], pl.DataFrame]


class TooLarge(Exception):
    """The columns don't fit into the memory that is set aside: ask the files."""


class Held:
    """Decoded columns of one log between two erasures, `most_bytes` of them at most. Safe to share between threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._types: dict[str, pl.DataType] = {
            **{name: SCHEMA[name] for name in _PLAIN},
            **{name: pl.Categorical(pl.Categories.random(physical=codes)) for name, codes in _CODES.items()},
        }
        self._columns: OrderedDict[Key, pl.Series] = OrderedDict()
        self._values: dict[Key, pl.Series] = {}
        self._counts: dict[Key, pl.DataFrame] = {}
        self._in_order: dict[str, bool] = {}
        self._value_bytes: dict[str, int] = {}
        self._codes_seen: dict[str, int] = {}
        self._unfit: set[str] = set()
        self._bytes = self._found_bytes = 0  # of the columns; of values and counts
        self._lock = threading.Lock()
        self._loading = threading.Lock()

    @property
    def size_bytes(self) -> int:
        """What the held columns take, their dictionaries and what was found out about files included."""
        return self._bytes + self._found_bytes + sum(self._value_bytes.values())

    def is_filled(self, share: float) -> bool:
        """Whether so much of the memory is taken."""
        return self.size_bytes >= share * self._most

    def frames(self, pieces: Sequence[Piece], columns: Iterable[str]) -> list[pl.DataFrame]:
        """The pieces' columns, a frame a piece, the rows as they lie in the file.

        What is not held yet is decoded: about 10 ms a column of a file of 250,000 rows. Raises TooLarge.
        """
        names = tuple(dict.fromkeys(columns))
        self._check(pieces, names)
        while (frames := self._assembled(pieces, names)) is None:
            with self._loading:
                self._load(pieces, names)
                if (frames := self._assembled(pieces, names)) is not None:
                    self._shrink()
                    return frames
        return frames

    def values(self, piece: Piece, column: str) -> pl.Series:
        """The distinct values of a text column of a piece, null among them if there is one. Raises TooLarge."""
        key = (piece.part.uri, column)
        if (known := self._values.get(key)) is None:
            known = self.frames([piece], [column])[0][column].unique()
            with self._lock:
                self._keep(self._values, key, known)
        return known

    def counts(self, pieces: Sequence[Piece], name: str, columns: Sequence[str], count: Count) -> list[pl.DataFrame]:
        """What `count` makes of each piece's columns. Asked once and kept by its name, also when the columns go.

        Raises TooLarge.
        """
        with self._lock:
            known = {uri: one for (uri, its), one in self._counts.items() if its == name}
        found: dict[str, pl.DataFrame] = {}
        for some in _bites([piece for piece in pieces if piece.part.uri not in known]):
            for piece, frame in zip(some, self.frames(some, columns), strict=True):
                found[piece.part.uri] = count(frame)
        if found:
            with self._lock:
                for uri, one in found.items():
                    self._keep(self._counts, (uri, name), one)
            self._shrink()
        known.update(found)
        return [known[piece.part.uri] for piece in pieces]

    def in_order(self, piece: Piece) -> bool:
        """Whether the piece's rows lie in the order of time, then of place. Raises TooLarge."""
        uri = piece.part.uri
        if (known := self._in_order.get(uri)) is None:
            known = lie_in_order(self.frames([piece], ["occurred_at", "seq"])[0])
            with self._lock:
                self._in_order[uri] = known
        return known

    def keep_only(self, pieces: Iterable[Piece]) -> None:
        """Drops what belongs to none of the pieces: a tail that grew, files that were joined."""
        uris = {piece.part.uri for piece in pieces}
        with self._lock:
            for key in [key for key in self._columns if key[0] not in uris]:
                self._bytes -= _bytes_of(self._columns.pop(key))
            for found in (self._values, self._counts):
                for key in [key for key in found if key[0] not in uris]:
                    self._drop(found, key)
            for uri in self._in_order.keys() - uris:
                del self._in_order[uri]

    def _check(self, pieces: Sequence[Piece], names: Sequence[str]) -> None:
        if not HOLDABLE.issuperset(names) or not self._unfit.isdisjoint(names):
            raise TooLarge
        rows = sum(piece.part.rows for piece in pieces)
        if rows * sum(_width(name) for name in names) > self._most:
            raise TooLarge

    def _assembled(self, pieces: Sequence[Piece], names: Sequence[str]) -> list[pl.DataFrame] | None:
        """The frames, or None when a column is not held."""
        frames = []
        with self._lock:
            for piece in pieces:
                keys = [(piece.part.uri, name) for name in names]
                if any(key not in self._columns for key in keys):
                    return None
                for key in keys:
                    self._columns.move_to_end(key)
                frames.append(pl.DataFrame([self._columns[key] for key in keys]))
        return frames

    def _load(self, pieces: Sequence[Piece], names: Sequence[str]) -> None:
        lacking = []
        for piece in pieces:
            wanted = [name for name in names if (piece.part.uri, name) not in self._columns]
            if wanted:
                lacking.append((piece, wanted))
        for some in _bites(lacking):
            asked = [piece.rows.select(pl.col(name).cast(self._types[name]) for name in its) for piece, its in some]
            try:
                frames = pl.collect_all(asked)
            except pl.exceptions.ComputeError as full:
                self._give_up(some, full)
            for (piece, _), frame in zip(some, frames, strict=True):
                for series in frame:
                    self._hold((piece.part.uri, series.name), series)

    def _give_up(self, some: Sequence[tuple[Piece, Sequence[str]]], full: pl.exceptions.ComputeError) -> NoReturn:
        """Finds the columns of too many distinct values, which are not held from now on."""
        for piece, its in some:
            for name in its:
                try:
                    piece.rows.select(pl.col(name).cast(self._types[name])).collect()
                except pl.exceptions.ComputeError:
                    self._release(name)
        if self._unfit.isdisjoint(name for _, its in some for name in its):
            raise full
        raise TooLarge from full

    def _hold(self, key: Key, series: pl.Series) -> None:
        name = key[1]
        if name in _CODES:
            self._weigh(name, values := series.unique())
            with self._lock:
                self._keep(self._values, key, values)
        with self._lock:
            self._columns[key] = series
            self._bytes += _bytes_of(series)
        if self._value_bytes.get(name, 0) > _MOST_VALUE_BYTES:
            self._release(name)
            raise TooLarge

    def _weigh(self, name: str, values: pl.Series) -> None:
        """Adds the bytes of the values that the column's dictionary did not hold before: those of the highest codes."""
        codes = values.to_physical().cast(pl.Int64)
        new = values.filter(codes >= self._codes_seen.get(name, 0))
        if new.len() > new.null_count():
            bytes_ = new.cast(pl.String).str.len_bytes().sum() + _VALUE_OVERHEAD * new.len()
            self._value_bytes[name] = self._value_bytes.get(name, 0) + int(bytes_)
            self._codes_seen[name] = int(codes.max()) + 1  # type: ignore[arg-type]  # a number: one is not null

    def _release(self, name: str) -> None:
        """Gives a column back for good: its dictionary would outgrow the memory."""
        self._unfit.add(name)
        with self._lock:
            for key in [key for key in self._columns if key[1] == name]:
                self._bytes -= _bytes_of(self._columns.pop(key))
            for key in [key for key in self._values if key[1] == name]:
                self._drop(self._values, key)
        self._value_bytes.pop(name, None)

    def _keep(self, found: dict[Key, Found], key: Key, one: Found) -> None:
        """Takes the newest for what is kept longest. The caller holds the lock."""
        if key in found:
            self._drop(found, key)
        found[key] = one
        self._found_bytes += _bytes_of(one)

    def _drop(self, found: dict[Key, Any], key: Key) -> None:
        self._found_bytes -= _bytes_of(found.pop(key))

    def _shrink(self) -> None:
        """Columns go first, for they are soon decoded again; then what was found out, before the last half of them."""
        with self._lock:
            while self.size_bytes > self._most:
                if self._columns and (self._bytes > self._most // 2 or not (self._values or self._counts)):
                    _, oldest = self._columns.popitem(last=False)
                    self._bytes -= _bytes_of(oldest)
                elif found := self._values or self._counts:
                    self._drop(found, next(iter(found)))
                else:
                    return


def lie_in_order(frame: pl.DataFrame) -> bool:
    """Whether rows lie in the order of time, then of place."""
    time, seq = (pl.col(name).diff() for name in ("occurred_at", "seq"))
    return not frame.select(((time < timedelta(0)) | ((time == timedelta(0)) & (seq < 0))).any()).item()


def _bytes_of(found: pl.Series | pl.DataFrame) -> int:
    return int(found.estimated_size())


def _bites(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]


def _width(name: str) -> int:
    """Bytes a row of a held column."""
    return _WIDTHS[_CODES[name]] if name in _CODES else 8
