"""Slices of ordered events found by seeking: what lies before the slice is counted, not sorted.

By time, the range of the log is cut where a piece begins or ends, and the stretches are walked from one end until the
slice is full; in most stretches lies one piece, and its rows are in order already. By a text, the values are counted
and put in order, and the slice is sought by time among those that hold it. By a number, the first events are looked for
in the pieces whose range reaches to them. A slice is a frame of piece (its number) and row.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from operator import itemgetter
from typing import Any

import polars as pl

from dashboard.archive.snapshot import Piece
from dashboard.events.columns import TIME
from dashboard.query.meant import Meant

_SCHEMA = {"piece": pl.UInt32, "row": pl.UInt32}
_TICK = timedelta(microseconds=1)
_MOST_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Stretch:
    """A half-open range of time in which no piece begins or ends, and the pieces (by number) that reach over it."""

    start: datetime
    end: datetime
    pieces: tuple[int, ...]


def by_time(events: Meant, offset: int, limit: int, *, descending: bool = True) -> pl.DataFrame:
    """The slice in the order of time, ties by place, the newest first. Raises TooLarge."""
    found = [pl.DataFrame(schema=_SCHEMA)]
    places = _Places(events)
    for stretch in places.walked(stretches(events.pieces, descending=descending)):
        size = sum(places.count(number, stretch) for number in stretch.pieces)
        if offset >= size:
            offset -= size
            continue
        here = min(limit, size - offset)
        found.append(places.ordered(stretch, descending).slice(offset, here))
        offset, limit = 0, limit - here
        if not limit:
            break
    return pl.concat(found)


def by_text(
    events: Meant, column: str, offset: int, limit: int, *, descending: bool, sizes: pl.DataFrame
) -> pl.DataFrame:
    """The slice in the order of a text column, null last, ties newest first. `sizes` says how many events hold each
    value (value, weight). Raises TooLarge.
    """
    found = [pl.DataFrame(schema=_SCHEMA)]
    whole: list[str] = []  # values whose events all lie in the slice

    def flush() -> None:
        if whole:
            found.append(_of_values(events, column, whole, descending))
            whole.clear()

    for value, size in _first_values(sizes, offset + limit, descending).iter_rows():
        if offset >= size:
            offset -= size
            continue
        here = min(limit, size - offset)
        if value is not None and here == size:
            whole.append(value)
        else:
            flush()
            one = pl.col(column).is_null() if value is None else pl.col(column) == value
            found.append(by_time(events.also(one), offset, here))
        offset, limit = 0, limit - here
        if not limit:
            break
    flush()
    return pl.concat(found)


def _first_values(sizes: pl.DataFrame, most: int, descending: bool) -> pl.DataFrame:
    """Those that the first `most` events have, in order, null last; each has one event at least."""
    if most < sizes.height - 1:
        sizes = sizes.drop_nulls("value").top_k(most, by="value", reverse=not descending)
    return sizes.sort("value", descending=descending, nulls_last=True)


def by_number(events: Meant, column: str, most: int, *, descending: bool) -> pl.DataFrame:
    """The first `most` events in the order of a column of numbers, null last, ties newest first.

    Costs the pieces whose range reaches to them; once a piece, its range. Raises TooLarge.
    """
    order = [column, *(name for name in ("occurred_at", "seq") if name != column)]
    best = pl.DataFrame()
    for number, nearest in _nearest_first(events, column, descending):
        if best.height == most and (nearest < best[column][-1] if descending else nearest > best[column][-1]):
            break
        found = pl.concat([best, _firsts(events, number, order, most, descending)], how="diagonal")
        best = found.sort(order, descending=[descending, *[True] * (len(order) - 1)]).head(most)
    slice_ = best.select("piece", "row") if best.height else pl.DataFrame(schema=_SCHEMA)
    if best.height == most:
        return slice_
    return pl.concat([slice_, by_time(events.also(pl.col(column).is_null()), 0, most - best.height)])


def ends(events: Meant) -> pl.LazyFrame:
    """The times of the first and the last meant event, as rows of `occurred_at`. Raises TooLarge."""
    found = [pl.DataFrame(schema={"occurred_at": TIME})]
    for descending in (False, True):
        for number, row in by_time(events, 0, 1, descending=descending).iter_rows():
            found.append(events.held.frames([events.pieces[number]], ["occurred_at"])[0][row : row + 1])
    return pl.concat(found).lazy()


def stretches(pieces: Sequence[Piece], *, descending: bool) -> list[Stretch]:
    """The range of time that the pieces take up, cut where one begins or ends."""
    cuts = sorted({piece.part.oldest for piece in pieces} | {piece.part.newest + _TICK for piece in pieces})
    begun = sorted(range(len(pieces)), key=lambda number: pieces[number].part.oldest)
    found, open_, next_ = [], [], 0
    for start, end in pairwise(cuts):
        while next_ < len(begun) and pieces[begun[next_]].part.oldest <= start:
            open_.append(begun[next_])
            next_ += 1
        open_ = [number for number in open_ if pieces[number].part.newest >= start]
        if open_:
            found.append(Stretch(start, end, tuple(open_)))
    return found[::-1] if descending else found


def whole(events: Meant) -> list[pl.Series | int]:
    """The meant rows of each piece, rising; of one that is meant whole, their number. Raises TooLarge."""
    cut = [piece for piece in events.pieces if not events.takes_all_of(piece)]
    found = dict(zip((piece.part.uri for piece in cut), events.within(cut).places(), strict=True))
    return [found.get(piece.part.uri, piece.part.rows) for piece in events.pieces]


@dataclass(slots=True)
class _Places:
    """The meant rows of pieces, looked up when a walk comes to them."""

    events: Meant
    _known: dict[int, pl.Series | int] = field(default_factory=dict)

    def walked(self, all_: Sequence[Stretch]) -> Iterator[Stretch]:
        """The stretches in order; the pieces of few are looked up at first, then of ever more at once."""
        start, size = 0, 1
        while start < len(all_):
            some = all_[start : start + size]
            new = [
                number for number in dict.fromkeys(n for one in some for n in one.pieces) if number not in self._known
            ]
            self._known.update(zip(new, whole(self.events.within([self.events.pieces[n] for n in new])), strict=True))
            yield from some
            start, size = start + size, min(2 * size, _MOST_AT_ONCE)

    def count(self, number: int, stretch: Stretch) -> int:
        """How many of a piece's meant rows lie in the stretch."""
        rows = self._within(number, stretch)
        return rows if isinstance(rows, int) else rows.len()

    def ordered(self, stretch: Stretch, descending: bool) -> pl.DataFrame:
        """The places of the stretch's meant events, in order."""
        held, pieces = self.events.held, self.events.pieces
        if descending and len(stretch.pieces) == 1 and held.in_order(pieces[number := stretch.pieces[0]]):
            rows = _listed(self._within(number, stretch)).reverse()
            return pl.DataFrame({"row": rows}).select(pl.lit(number, dtype=pl.UInt32).alias("piece"), "row")
        parts = []
        for number in stretch.pieces:
            rows = _listed(self._within(number, stretch))
            frame = held.frames([pieces[number]], ["occurred_at", "seq"])[0]
            parts.append(_taken(frame, rows).with_columns(piece=pl.lit(number, dtype=pl.UInt32)))
        merged = pl.concat(parts).sort("occurred_at", "seq", descending=[descending, True])
        return merged.select("piece", "row")

    def _within(self, number: int, stretch: Stretch) -> pl.Series | int:
        """The piece's meant rows in the stretch; all of its rows as their number."""
        piece, rows = self.events.pieces[number], self._known[number]
        if stretch.start <= piece.part.oldest and piece.part.newest < stretch.end:
            return rows
        times = self.events.held.frames([piece], ["occurred_at"])[0]["occurred_at"]
        if not self.events.held.in_order(piece):
            inside = pl.select(pl.arg_where(times.is_between(stretch.start, stretch.end, closed="left"))).to_series()
            listed = inside.cast(pl.UInt32)
            return listed if isinstance(rows, int) else listed.filter(listed.is_in(rows.implode()))
        # Some looks at single values: a search by Polars is a query, of a millisecond.
        first, last = (bisect_left(times, moment) for moment in (stretch.start, stretch.end))
        if isinstance(rows, int):
            return pl.int_range(first, last, dtype=pl.UInt32, eager=True)
        start, end = (bisect_left(rows, number) for number in (first, last))
        return rows.slice(start, end - start)


def _nearest_first(events: Meant, column: str, descending: bool) -> list[tuple[int, Any]]:
    """The pieces (by number) that have a value, each with the one that comes first in the order."""
    ranges: Sequence[tuple[Any, Any]]
    if column == "seq":
        ranges = [(piece.part.first_seq, piece.part.last_seq) for piece in events.pieces]
    else:
        name = f"range of {column}"
        ranges = [found.row(0) for found in events.held.counts(events.pieces, name, (column,), partial(_range, column))]
    firsts = [(number, high if descending else low) for number, (low, high) in enumerate(ranges) if high is not None]
    return sorted(firsts, key=itemgetter(1), reverse=descending)


def _range(column: str, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(pl.col(column).min().alias("low"), pl.col(column).max().alias("high"))


def _firsts(events: Meant, number: int, order: Sequence[str], most: int, descending: bool) -> pl.DataFrame:
    """Piece, row and the order's columns of a piece's meant events that may be among the first ones; null is none."""
    piece, column = events.pieces[number], order[0]
    rows = whole(events.within([piece]))[0]
    frame = events.held.frames([piece], order)[0]
    taken = (frame.with_row_index("row") if isinstance(rows, int) else _taken(frame, rows)).drop_nulls(column)
    if taken.height > most:
        values = taken[column]
        last = values.top_k(most).min() if descending else values.bottom_k(most).max()
        taken = taken.filter(values >= last if descending else values <= last)
    return taken.with_columns(piece=pl.lit(number, dtype=pl.UInt32))


def _listed(rows: pl.Series | int) -> pl.Series:
    return pl.int_range(rows, dtype=pl.UInt32, eager=True) if isinstance(rows, int) else rows


def _of_values(events: Meant, column: str, values: Sequence[str], descending: bool) -> pl.DataFrame:
    """All meant events of these values, in order."""
    some = events.also(pl.col(column).is_in(list(values)))
    parts = []
    frames = events.held.frames(events.pieces, [column, "occurred_at", "seq"])
    for number, (rows, frame) in enumerate(zip(some.places(), frames, strict=True)):
        if not rows.is_empty():
            taken = _taken(frame, rows).with_columns(pl.col(column).cast(pl.String))
            parts.append(taken.with_columns(piece=pl.lit(number, dtype=pl.UInt32)))
    if not parts:
        return pl.DataFrame(schema=_SCHEMA)
    merged = pl.concat(parts).sort(column, "occurred_at", "seq", descending=[descending, True, True])
    return merged.select("piece", "row")


def _taken(frame: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    return frame.select(pl.all().gather(rows)).with_columns(row=rows)
