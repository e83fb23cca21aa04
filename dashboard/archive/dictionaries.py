"""How columns are held: numbers as they are, texts as categories of one dictionary for all files of a log."""

from collections.abc import Iterable, Mapping, Sequence

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
_MOST_BYTES = 256 << 20  # of the distinct values of one column
_OVERHEAD = 48


class Dictionaries:
    """The types of one log's columns, and what their dictionaries take. Whoever tells it of values holds a lock."""

    def __init__(self) -> None:
        self.types: Mapping[str, pl.DataType] = {
            **{name: SCHEMA[name] for name in _PLAIN},
            **{name: pl.Categorical(pl.Categories.random(physical=codes)) for name, codes in _CODES.items()},
        }
        self._bytes: dict[str, int] = {}
        self._codes_seen: dict[str, int] = {}
        self._given_up: set[str] = set()

    @property
    def size_bytes(self) -> int:
        """What all dictionaries take."""
        return sum(self._bytes.values())

    def can_hold(self, columns: Iterable[str]) -> bool:
        """Whether all of them are of those that are held, and none has too many values."""
        names = {*columns}
        return names <= HOLDABLE and names.isdisjoint(self._given_up)

    def weigh(self, name: str, values: pl.Series) -> bool:
        """Adds the bytes of the values that the column's dictionary did not hold before: those of the highest codes.
        Says whether it still has room.
        """
        codes = values.to_physical().cast(pl.Int64)
        new = values.filter(codes >= self._codes_seen.get(name, 0))
        if new.len() > new.null_count():
            bytes_ = new.cast(pl.String).str.len_bytes().sum() + _OVERHEAD * new.len()
            self._bytes[name] = self._bytes.get(name, 0) + int(bytes_)
            self._codes_seen[name] = int(codes.max()) + 1  # type: ignore[arg-type]  # a number: one is not null
        return self._bytes.get(name, 0) <= _MOST_BYTES

    def give_up(self, name: str) -> None:
        """The column is not held from now on."""
        self._given_up.add(name)
        self._bytes.pop(name, None)


def distinct(series: pl.Series) -> pl.Series:
    """Its distinct values, copied: what Polars gives back keeps room for as many as there were rows."""
    found = series.unique()
    return found.gather(pl.int_range(found.len(), dtype=pl.UInt32, eager=True))


def bytes_of(pieces: Sequence[Piece], columns: Iterable[str]) -> int:
    """What the pieces' columns take when they are held, without their dictionaries."""
    return sum(piece.part.rows for piece in pieces) * sum(map(_width, columns))


def _width(name: str) -> int:
    return _WIDTHS[_CODES[name]] if name in _CODES else 8
