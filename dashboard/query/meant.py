"""The events that a filter means, out of the decoded columns of a snapshot's pieces.

A condition on a text is asked of the distinct values and becomes a set of categories; pieces that lie outside the
window are not looked at, and only those on its edges are compared with it. What a search finds is marked, a bit an
event, and the marks are a column like any other.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from operator import and_

import polars as pl

from dashboard.archive.held import Held
from dashboard.archive.snapshot import Piece, Snapshot
from dashboard.events.columns import moment
from dashboard.events.filter import FIELD_COLUMNS, SEARCH_COLUMNS, TEXT_FIELDS, EventFilter, as_value, networks
from dashboard.query.narrow import finds, is_one_of, lies_in

_MANY_COLUMNS = 2  # a condition on one is asked as quickly as rows are gathered
_MOST_FOUND = 1_000_000  # rows, of four bytes each


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for in the searched columns, in the way that the filter's field means."""

    field: str
    texts: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of the column that says which events are found."""
        return f"{self.field} {self.texts!r}"

    def marks(self, held: Held, pieces: Sequence[Piece]) -> list[pl.Series]:
        """That column, of each piece. Raises TooLarge."""
        found = held.marks(pieces, self.name, SEARCH_COLUMNS, self._passing)
        return [rows.alias(self.name) for rows in found]

    def _passing(self, column: str, values: pl.Series) -> pl.Series:
        return _passing(values, finds(self.field, column, self.texts))


@dataclass(frozen=True, slots=True)
class Meant:
    """The pieces that may hold meant events, oldest first, and what an event must fulfil beside time and state."""

    held: Held
    pieces: tuple[Piece, ...]
    since: datetime | None
    until: datetime | None
    as_of: int
    condition: pl.Expr | None = None
    searches: Mapping[str, Search] = field(default_factory=dict)  # by the name of the column that is their marks
    found: tuple[pl.Series, ...] | None = None  # a piece's rows that fulfil everything but the condition
    is_asked_each_time: bool = False  # too many events fulfil it to keep their rows

    def check_files(self) -> None:
        """Raises FileNotFoundError when one of the files is gone: an erasure deletes it, and what was decoded of it is
        right no longer than it is there.
        """
        if (gone := next((piece.part.uri for piece in self.pieces if piece.is_gone), None)) is not None:
            raise FileNotFoundError(gone)

    def also(self, condition: pl.Expr) -> "Meant":
        """Those that fulfil one more condition."""
        return replace(self, condition=condition if self.condition is None else self.condition & condition)

    def whatever_they_fulfil(self) -> "Meant":
        """Those that don't fulfil the condition, too."""
        return replace(self, condition=None)

    def within(self, pieces: Sequence[Piece]) -> "Meant":
        """Those of some pieces."""
        if self.found is None:
            return replace(self, pieces=tuple(pieces))
        of_piece = dict(zip((piece.part.uri for piece in self.pieces), self.found, strict=True))
        return replace(self, pieces=tuple(pieces), found=tuple(of_piece[piece.part.uri] for piece in pieces))

    def between(self, since: datetime | None, until: datetime | None) -> "Meant":
        """Those of a part of the window; of a filter whose rows were not looked up."""
        assert self.found is None
        pieces = tuple(piece for piece in self.pieces if _may_lie_in(piece, since, until))
        return replace(self, pieces=pieces, since=since, until=until)

    def looked_up(self) -> "Meant":
        """The same, with a condition on several columns looked up once, for all that is asked of them.

        They are left as they are where that is more than a million rows: one file tells, before all are looked at.
        Raises TooLarge.
        """
        roots = self._roots(self.condition)
        few = len(roots) < _MANY_COLUMNS and self.searches.keys().isdisjoint(roots)
        if few or not self.pieces or self.found is not None or self.is_asked_each_time:
            return self
        for search in self.searches.values():
            search.marks(self.held, self.pieces)  # of all of them together: what passes is tested once
        largest = max(self.pieces, key=lambda piece: piece.part.rows)
        share = self.within([largest]).places()[0].len() / largest.part.rows
        if share * sum(piece.part.rows for piece in self.pieces) > _MOST_FOUND:
            return replace(self, is_asked_each_time=True)
        places = self.places()
        if sum(rows.len() for rows in places) > _MOST_FOUND:
            return replace(self, is_asked_each_time=True)
        kept = [(piece, rows) for piece, rows in zip(self.pieces, places, strict=True) if rows.len()]
        return replace(
            self,
            pieces=tuple(piece for piece, _ in kept),
            found=tuple(rows for _, rows in kept),
            condition=None,
        )

    def takes_all_of(self, piece: Piece) -> bool:
        """Whether every event of the piece is meant, as its table's log tells."""
        return self.condition is None and self.found is None and not self._cuts(piece)

    def rows(self, columns: Iterable[str]) -> pl.LazyFrame | None:
        """The meant events, these columns of them, in no order; None when there is no piece. Raises TooLarge."""
        roots = self._roots(self.condition)
        wanted = list(dict.fromkeys(columns)) or roots[:1] or ["category"]  # rows can be counted by any column
        inner: list[pl.DataFrame] = []  # one frame for all that fulfil the same: many small ones cost more
        parts = []
        asked = list(dict.fromkeys((*wanted, *roots)))
        for number, (piece, frame) in enumerate(zip(self.pieces, self._looked_at(wanted), strict=True)):
            if self.found is not None:
                inner.append(frame.select(pl.col(asked).gather(self.found[number])))
            elif not self._cuts(piece):
                inner.append(_only(frame, asked))
            elif (within := self._sliced(piece, frame)) is not None:
                inner.append(_only(within, asked))
            else:
                parts.append(frame.lazy().filter(self._of_piece(piece)).select(wanted))  # type: ignore[arg-type]  # edges are conditions
        if inner:
            joined = pl.concat(inner, rechunk=False).lazy()
            parts.append((joined if self.condition is None else joined.filter(self.condition)).select(wanted))
        return pl.concat(parts) if parts else None

    def places(self) -> list[pl.Series]:
        """Which rows of each piece are meant, rising. Raises TooLarge."""
        if self.found is not None:
            return list(self.found) if self.condition is None else self._found_places(self.found, self.condition)
        frames = self._looked_at(["category"] if self.condition is None else [])
        asked = [
            frame.lazy().select(
                pl.int_range(pl.len(), dtype=pl.UInt32) if condition is None else pl.arg_where(condition)
            )
            for frame, condition in zip(frames, map(self._of_piece, self.pieces), strict=True)
        ]
        return [found.to_series().cast(pl.UInt32) for found in pl.collect_all(asked)]

    def _found_places(self, found: Sequence[pl.Series], condition: pl.Expr) -> list[pl.Series]:
        frames = self._frames(self.pieces, self._roots(condition))
        return [
            rows.filter(frame.select(pl.all().gather(rows)).select(condition).to_series().fill_null(value=False))
            for rows, frame in zip(found, frames, strict=True)
        ]

    def _looked_at(self, columns: Sequence[str]) -> list[pl.DataFrame]:
        """Each piece's frame of the columns and of those that its condition looks at."""
        roots = self._roots(self.condition)
        alike: dict[tuple[str, ...], list[Piece]] = {}
        for piece in self.pieces:
            edges = self._edge_columns(piece) if self.found is None else []
            alike.setdefault((*columns, *edges, *roots), []).append(piece)
        frames = {
            piece.part.uri: frame
            for names, some in alike.items()
            for piece, frame in zip(some, self._frames(some, names), strict=True)
        }
        return [frames[piece.part.uri] for piece in self.pieces]

    def _frames(self, pieces: Sequence[Piece], columns: Iterable[str]) -> list[pl.DataFrame]:
        """As `Held.frames`; marks are columns too."""
        names = list(dict.fromkeys(columns))
        marks = [self.searches[name].marks(self.held, pieces) for name in names if name in self.searches]
        if not marks:
            return self.held.frames(pieces, names)
        decoded = [name for name in names if name not in self.searches]
        frames = self.held.frames(pieces, decoded) if decoded else [pl.DataFrame()] * len(pieces)
        return [pl.DataFrame([*frame, *found]) for frame, *found in zip(frames, *marks, strict=True)]

    def _sliced(self, piece: Piece, frame: pl.DataFrame) -> pl.DataFrame | None:
        """The piece's rows between the ends of the window, of one whose rows lie in order and that the state takes
        whole: nothing is compared or copied.
        """
        if piece.part.last_seq >= self.as_of or not self.held.in_order(piece):
            return None
        times = frame["occurred_at"]
        first = 0 if self.since is None else bisect_left(times, self.since)
        last = times.len() if self.until is None else bisect_left(times, self.until)
        return frame.slice(first, max(last - first, 0))

    @staticmethod
    def _roots(condition: pl.Expr | None) -> list[str]:
        return [] if condition is None else sorted(condition.meta.root_names())

    def _of_piece(self, piece: Piece) -> pl.Expr | None:
        edges = self._edges(piece) if self.found is None else []
        conditions = [*edges, *([] if self.condition is None else [self.condition])]
        return reduce(and_, conditions) if conditions else None

    def _edges(self, piece: Piece) -> list[pl.Expr]:
        time, edges = pl.col("occurred_at"), []
        if self.since is not None and self._begins_before(piece):
            edges.append(time >= moment(self.since))
        if self.until is not None and self._ends_after(piece):
            edges.append(time < moment(self.until))
        if piece.part.last_seq >= self.as_of:
            edges.append(pl.col("seq") < self.as_of)
        return edges

    def _edge_columns(self, piece: Piece) -> list[str]:
        """What `_edges` looks at, without writing them: that takes a hundred times as long."""
        times = ["occurred_at"] if self._begins_before(piece) or self._ends_after(piece) else []
        return [*times, "seq"] if piece.part.last_seq >= self.as_of else times

    def _cuts(self, piece: Piece) -> bool:
        """Whether there are edges."""
        return self._begins_before(piece) or self._ends_after(piece) or piece.part.last_seq >= self.as_of

    def _begins_before(self, piece: Piece) -> bool:
        return self.since is not None and piece.part.oldest < self.since

    def _ends_after(self, piece: Piece) -> bool:
        return self.until is not None and piece.part.newest >= self.until


def meant(snapshot: Snapshot, wanted: EventFilter, now: datetime) -> Meant | None:
    """What the filter means in a snapshot that holds columns; None for one that does not.

    Raises TooLarge, and FileNotFoundError as `check_files` does.
    """
    if snapshot.held is None:
        return None
    since, until = wanted.window(now)
    pieces = tuple(piece for piece in snapshot.pieces if _may_lie_in(piece, since, until))
    everything = Meant(snapshot.held, pieces, since, until, snapshot.as_of)
    everything.check_files()
    asked = wanted.values()
    if not asked:
        return everything
    fields = {name: name.removeprefix("not_") for name in asked}
    searches = [Search(fields[name], texts) for name, texts in asked.items() if fields[name] in TEXT_FIELDS]
    conditions = [_condition(everything, name, texts) for name, texts in asked.items()]
    return replace(everything, condition=reduce(and_, conditions), searches={each.name: each for each in searches})


def _only(frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    return frame if frame.columns == columns else frame.select(columns)


def _may_lie_in(piece: Piece, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or piece.part.newest >= since) and (until is None or piece.part.oldest < until)


def _condition(events: Meant, name: str, texts: tuple[str, ...]) -> pl.Expr:
    field = name.removeprefix("not_")
    match = pl.col(Search(field, texts).name) if field in TEXT_FIELDS else _matches(events, field, texts)
    return match if name == field else ~match.fill_null(value=False)


def _matches(events: Meant, field: str, texts: tuple[str, ...]) -> pl.Expr:
    if field == "ip":
        single, wide = networks(texts)
        conditions = [is_one_of("source_ip", single)] if single else []
        if wide:
            conditions.append(_lying_in(events, "source_ip", wide))
        return pl.any_horizontal(conditions)
    return is_one_of(FIELD_COLUMNS[field], [as_value(text) for text in texts])


def _lying_in(events: Meant, column: str, networks_: Sequence[str]) -> pl.Expr:
    """Whether the column's address lies in one of the networks: asked of each distinct one once."""
    values = events.held.values(events.pieces, column)
    if not values:
        return pl.lit(value=False)
    inside = _passing(pl.concat(values).unique().alias(column), lies_in(column, networks_))
    return pl.col(column).is_in(inside.implode())


def _passing(values: pl.Series, test: pl.Expr) -> pl.Series:
    """Those of a column's distinct values that pass a test of texts."""
    return values.filter(values.cast(pl.String).to_frame().select(test).to_series().fill_null(value=False))
