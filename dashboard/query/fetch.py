"""Whole rows of events whose places are known: read where they lie, or gathered from decoded columns."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

import polars as pl

from dashboard.archive.held import HOLDABLE, TooLarge, lie_in_order
from dashboard.archive.snapshot import Piece, Snapshot
from dashboard.events.columns import SCHEMA
from dashboard.query import seek
from dashboard.query.meant import Meant

_NEAR_ROWS = 20_000  # so far apart, rows are read from the file: a part of a page of it is decoded


def rows(events: Meant, places: pl.DataFrame, columns: Collection[str]) -> pl.DataFrame:
    """The rows of a slice (piece, row), in its order, with these columns. Raises TooLarge."""
    names = [name for name in SCHEMA if name in columns]
    schema = {name: SCHEMA[name] for name in names}
    found = [pl.DataFrame(schema={**schema, "place": pl.UInt32})]
    for (number,), some in places.with_row_index("place").group_by("piece"):
        piece = events.pieces[int(number)]
        frame = _gathered(events, piece, some["row"], names)
        found.append(
            frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items()).with_columns(some["place"])
        )
    return pl.concat(found).sort("place").drop("place")


def around(snapshot: Snapshot, seq: int) -> pl.LazyFrame:
    """The events of the files that may hold a place of the log."""
    some = [piece.rows for piece in snapshot.pieces if piece.part.first_seq <= seq <= piece.part.last_seq]
    return pl.concat(some).filter(pl.col("seq") < snapshot.as_of) if some else snapshot.events.head(0)


def by_time(events: Meant, columns: Sequence[str], *, descending: bool) -> Iterator[pl.DataFrame]:
    """All meant events in the order of time, ties by place, the newest first.

    A frame holds one file's, or those of files whose times overlap: that is the memory it takes. Raises TooLarge.
    """
    needed = list(dict.fromkeys((*columns, "occurred_at", "seq")))
    waiting: list[pl.DataFrame] = []  # rows of files that reach over the end of what was given
    for piece, reach in _in_turn(events.pieces, descending):
        waiting.append(_read(events.within([piece]), needed))
        merged = _in_order(waiting, descending)
        ready = (
            merged
            if reach is None
            else merged.filter(pl.col("occurred_at") > reach if descending else pl.col("occurred_at") < reach)
        )
        waiting = [merged.slice(ready.height)] if ready.height < merged.height else []
        if not ready.is_empty():
            yield ready.select(columns)


def _in_turn(pieces: Sequence[Piece], descending: bool) -> Iterator[tuple[Piece, datetime | None]]:
    """The pieces in the order of time, each with how far the ones after it reach: beyond that, rows are in order."""
    if descending:
        ordered = sorted(pieces, key=lambda piece: piece.part.newest, reverse=True)
        ends: list[datetime | None] = [piece.part.newest for piece in ordered]
    else:
        ordered = sorted(pieces, key=lambda piece: piece.part.oldest)
        ends = [piece.part.oldest for piece in ordered]
    return zip(ordered, [*ends[1:], None][: len(ordered)], strict=True)


def _read(events: Meant, names: Sequence[str]) -> pl.DataFrame:
    """The meant rows of the one piece."""
    piece, places = events.pieces[0], seek.whole(events)[0]
    if isinstance(places, int):
        return piece.rows.select(names).collect()
    if places.is_empty():
        return piece.rows.select(names).head(0).collect()
    low = int(places[0])
    read = piece.rows.slice(low, int(places[-1]) - low + 1).select(names).collect()
    return read.select(pl.all().gather(places - low))


def _in_order(frames: Sequence[pl.DataFrame], descending: bool) -> pl.DataFrame:
    if descending and len(frames) == 1 and lie_in_order(frames[0]):
        return frames[0].reverse()
    return pl.concat(frames).sort("occurred_at", "seq", descending=[descending, True])


def _gathered(events: Meant, piece: Piece, places: pl.Series, names: Sequence[str]) -> pl.DataFrame:
    low, high = int(places.min()), int(places.max())  # type: ignore[arg-type]  # there is one
    if high - low > _NEAR_ROWS and HOLDABLE.issuperset(names):
        try:
            return events.held.frames([piece], names)[0].select(pl.all().gather(places))
        except TooLarge:
            pass  # the file has them as well
    read = piece.rows.slice(low, high - low + 1).select(names).collect()
    return read.select(pl.all().gather(places - low))
