"""Columns of the archive's files, decoded once and held in memory.

A file of the archive never changes, so what was decoded of it stays right for as long as the file is part of the log. A
text column is held as categories: one dictionary for all files, one small number a row, so that a filter, a group or a
search looks at the distinct values and then at numbers. What is found out about a file is kept longer than its columns:
its distinct values, its counts, which of its rows a search finds. Bytes are bounded: what was asked for longest ago
goes first. A question that needs more at once than there is room for is answered from the files instead; values, counts
and marks are found out a few files at a time, and what was found out is kept though the answer isn't waited for.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import NoReturn, TypeVar

import polars as pl

from dashboard.archive.dictionaries import TEXTS, Dictionaries, bytes_of, distinct
from dashboard.archive.found_out import FoundOut, Key
from dashboard.archive.patience import look_up
from dashboard.archive.snapshot import Piece

DEFAULT_HELD_BYTES = 640 << 20
_AT_ONCE = 8  # files decoded together
_MARKS_SHARE = 10  # of the memory, one part in so many is for marks: each search leaves some

T = TypeVar("T")
Found = TypeVar("Found", pl.Series, pl.DataFrame)
Read = Callable[[Sequence[Piece], Sequence[str]], list[pl.DataFrame]]
Count = Callable[[pl.DataFrame], pl.DataFrame]
Pass = Callable[[str, pl.Series], pl.Series]  # of a column's distinct values, those that are looked for


class TooLarge(Exception):
    """The columns don't fit into the memory that is set aside: ask the files."""


class Held:
    """Decoded columns of one log between two erasures, `most_bytes` of them at most. Safe to share between threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._dictionaries = Dictionaries()
        self._columns: OrderedDict[Key, pl.Series] = OrderedDict()
        self._values: FoundOut[pl.Series] = FoundOut()
        self._counts: FoundOut[pl.DataFrame] = FoundOut()
        self._marks: FoundOut[pl.Series] = FoundOut()
        self._in_order: dict[str, bool] = {}
        self._bytes = 0  # of the columns
        self._lock = threading.Lock()
        self._loading = threading.Lock()

    @property
    def size_bytes(self) -> int:
        """What the held columns take, their dictionaries and what was found out about files included."""
        found = self._values.size_bytes + self._counts.size_bytes + self._marks.size_bytes
        return self._bytes + found + self._dictionaries.size_bytes

    def is_filled(self, share: float) -> bool:
        """Whether so much of the memory is taken."""
        return self.size_bytes >= share * self._most

    def frames(self, pieces: Sequence[Piece], columns: Iterable[str]) -> list[pl.DataFrame]:
        """The pieces' columns, a frame a piece, the rows as they lie in the file.

        What is not held yet is decoded: about 10 ms a column of a file of 250,000 rows. Raises TooLarge.
        """
        names = tuple(dict.fromkeys(columns))
        self._check_kinds(names)
        if not self._has_room(pieces, names):
            raise TooLarge
        while (frames := self._assembled(pieces, names)) is None:
            with self._loading:
                self._load(pieces, names)
                if (frames := self._assembled(pieces, names)) is not None:
                    self._shrink()
                    return frames
        return frames

    def lent(self, pieces: Sequence[Piece], columns: Iterable[str]) -> list[pl.DataFrame]:
        """As `frames`, of a few of too many pieces: what isn't held is decoded for this once, and nothing makes way
        for it. Raises TooLarge.
        """
        names = tuple(dict.fromkeys(columns))
        self._check_kinds(names)
        with self._lock:
            held = {key: self._columns[key] for key in _keys(pieces, names) if key in self._columns}
        with self._loading:
            for some in _bites(_lacking(pieces, names, held)):
                held |= self._decoded(some)
        return [pl.DataFrame([held[key] for key in _keys([piece], names)]) for piece in pieces]

    def values(self, pieces: Sequence[Piece], column: str) -> list[pl.Series]:
        """The distinct values of a text column of each piece, null among them if there is one. Raises TooLarge."""
        return self._values_by(self.frames if self._has_room(pieces, [column]) else self.lent, pieces, column)

    def counts(self, pieces: Sequence[Piece], name: str, columns: Sequence[str], count: Count) -> list[pl.DataFrame]:
        """What `count` makes of each piece's columns. Asked once and kept by its name, also when the columns go.

        Raises TooLarge.
        """
        known, lacking = self._known(self._counts, pieces, name)
        for some in _bites(lacking):
            for piece, frame in zip(some, self.frames(some, columns), strict=True):
                known[piece.part.uri] = count(frame)
            self._keep(self._counts, some, name, known)
        return [known[piece.part.uri] for piece in pieces]

    def marks(self, pieces: Sequence[Piece], name: str, columns: Sequence[str], passing: Pass) -> list[pl.Series]:
        """Whether each row of each piece holds, in one of the text columns, a value that passes: a bit a row.

        Asked once and kept by its name. Where the columns can't be held together, some files are looked at after the
        other, and of each only the columns that have such a value. Raises TooLarge.
        """
        known, lacking = self._known(self._marks, pieces, name)
        fits = self._has_room(lacking, columns)
        for some in ([lacking] if fits else _bites(lacking)) if lacking else ():
            marked = self._marked(self.frames if fits else self.lent, some, columns, passing)
            known.update(zip((piece.part.uri for piece in some), marked, strict=True))
            self._keep(self._marks, some, name, known)
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
                self._bytes -= int(self._columns.pop(key).estimated_size())
            for found in (self._values, self._counts, self._marks):
                found.drop(lambda key: key[0] not in uris)
            for uri in self._in_order.keys() - uris:
                del self._in_order[uri]

    def _known(
        self, found: FoundOut[Found], pieces: Sequence[Piece], name: str
    ) -> tuple[dict[str, Found], list[Piece]]:
        """What is known of the pieces, by file, and those of which it isn't."""
        with self._lock:
            known = dict(zip((piece.part.uri for piece in pieces), found.of(pieces, name), strict=True))
        lacking = [piece for piece in pieces if known[piece.part.uri] is None]
        return {uri: one for uri, one in known.items() if one is not None}, lacking

    def _keep(self, found: FoundOut[Found], new: Sequence[Piece], name: str, known: Mapping[str, Found]) -> None:
        with self._lock:
            for piece in new:
                found.keep((piece.part.uri, name), known[piece.part.uri])
        self._shrink()

    def _values_by(self, read: Read, pieces: Sequence[Piece], column: str) -> list[pl.Series]:
        known, lacking = self._known(self._values, pieces, column)
        for some in _bites(lacking):
            for piece, frame in zip(some, read(some, [column]), strict=True):
                noted, _ = self._known(self._values, [piece], column)  # while it was decoded
                known |= noted or {piece.part.uri: distinct(frame[column])}
            self._keep(self._values, some, column, known)
        return [known[piece.part.uri] for piece in pieces]

    def _marked(self, read: Read, pieces: Sequence[Piece], columns: Sequence[str], passing: Pass) -> list[pl.Series]:
        conditions = {}
        for column in columns:
            values = pl.concat(self._values_by(read, pieces, column)).unique().drop_nulls().alias(column)
            passed = passing(column, values)
            if passed.len() == values.len() > 0:
                conditions[column] = pl.col(column).is_not_null()
            elif passed.len():
                conditions[column] = pl.col(column).is_in(passed.implode())
        if not conditions:
            return [pl.repeat(False, piece.part.rows, dtype=pl.Boolean, eager=True) for piece in pieces]
        found = pl.any_horizontal(conditions.values()).fill_null(value=False)
        asked = [frame.lazy().select(found) for frame in read(pieces, list(conditions))]
        return [marked.to_series() for marked in pl.collect_all(asked)]

    def _has_room(self, pieces: Sequence[Piece], columns: Iterable[str]) -> bool:
        """Whether the pieces' columns can be held together."""
        return bytes_of(pieces, columns) <= self._most

    def _check_kinds(self, names: Sequence[str]) -> None:
        if not self._dictionaries.can_hold(names):
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
        for some in _bites(_lacking(pieces, names, self._columns)):
            decoded = self._decoded(some)
            with self._lock:
                self._columns.update(decoded)
                self._bytes += sum(int(series.estimated_size()) for series in decoded.values())

    def _decoded(self, some: Sequence[tuple[Piece, Sequence[str]]]) -> dict[Key, pl.Series]:
        types = self._dictionaries.types
        asked = [piece.rows.select(pl.col(name).cast(types[name]) for name in its) for piece, its in some]
        try:
            frames = pl.collect_all(asked)
        except pl.exceptions.ComputeError as full:
            self._give_up(some, full)
        read = zip((piece.part.uri for piece, _ in some), frames, strict=True)
        found = {(uri, series.name): series for uri, frame in read for series in frame}
        for key, series in found.items():
            if key[1] in TEXTS:
                self._note_values(key, series)
        return found

    def _give_up(self, some: Sequence[tuple[Piece, Sequence[str]]], full: pl.exceptions.ComputeError) -> NoReturn:
        """Finds the columns of too many distinct values, which are not held from now on."""
        for piece, its in some:
            for name in its:
                try:
                    piece.rows.select(pl.col(name).cast(self._dictionaries.types[name])).collect()
                except pl.exceptions.ComputeError:
                    self._release(name)
        if self._dictionaries.can_hold(name for _, its in some for name in its):
            raise full
        raise TooLarge from full

    def _note_values(self, key: Key, series: pl.Series) -> None:
        name = key[1]
        if key in self._values:
            return
        values = distinct(series)
        with self._lock:
            self._values.keep(key, values)
            has_room = self._dictionaries.weigh(name, values)
        if not has_room:
            self._release(name)
            raise TooLarge

    def _release(self, name: str) -> None:
        """Gives a column back for good: its dictionary would outgrow the memory."""
        with self._lock:
            self._dictionaries.give_up(name)
            for key in [key for key in self._columns if key[1] == name]:
                self._bytes -= int(self._columns.pop(key).estimated_size())
            self._values.drop(lambda key: key[1] == name)

    def _shrink(self) -> None:
        """Columns go first, for they are soon decoded again; then what was found out, before the last half of them."""
        with self._lock:
            while self._marks.size_bytes > self._most // _MARKS_SHARE:
                self._marks.drop_oldest()
            while self.size_bytes > self._most:
                found = next((some for some in (self._marks, self._values, self._counts) if len(some)), None)
                if self._columns and (self._bytes > self._most // 2 or found is None):
                    _, oldest = self._columns.popitem(last=False)
                    self._bytes -= int(oldest.estimated_size())
                elif found is not None:
                    found.drop_oldest()
                else:
                    return


def lie_in_order(frame: pl.DataFrame) -> bool:
    """Whether rows lie in the order of time, then of place."""
    time, seq = (pl.col(name).diff() for name in ("occurred_at", "seq"))
    return not frame.select(((time < timedelta(0)) | ((time == timedelta(0)) & (seq < 0))).any()).item()


def _bites(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _AT_ONCE):
        look_up()
        yield items[start : start + _AT_ONCE]


def _keys(pieces: Sequence[Piece], names: Sequence[str]) -> list[Key]:
    return [(piece.part.uri, name) for piece in pieces for name in names]


def _lacking(
    pieces: Sequence[Piece], names: Sequence[str], held: Mapping[Key, pl.Series]
) -> list[tuple[Piece, list[str]]]:
    """The pieces of which a column isn't held, each with those columns."""
    wanted = [(piece, [name for name in names if (piece.part.uri, name) not in held]) for piece in pieces]
    return [(piece, its) for piece, its in wanted if its]
