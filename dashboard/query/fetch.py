"""Whole rows of events whose places are known: read where they lie, or gathered from decoded columns."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

import polars as pl

from dashboard.archive.dictionaries import HOLDABLE
from dashboard.archive.held import TooLarge
from dashboard.archive.snapshot import Piece, Snapshot
from dashboard.events.columns import SCHEMA
from dashboard.query import seek
from dashboard.query.meant import Meant

_FIRST_ROWS = 5_000  # of all that are read in order: there at once
_FRAME_CELLS = 500_000  # of a frame of them: ten megabytes or more; twice as many are read no sooner
_READ_ROWS = 65_536  # half a row group
_MOST_STRETCHES = 4
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


def of_keys(snapshot: Snapshot, seqs: pl.Series, columns: Collection[str]) -> pl.DataFrame:
    """The events at these places of the log, in no order. Each file that may hold one is looked through for its own."""
    found = [snapshot.events.head(0)] if snapshot.pieces else [_at(snapshot.events, seqs)]
    for piece in snapshot.pieces:
        some = seqs.filter(seqs.is_between(piece.part.first_seq, piece.part.last_seq))
        if not some.is_empty():
            found.append(_at(piece.rows, some))
    names = [name for name in SCHEMA if name in columns]
    return pl.concat(pl.collect_all([rows.select(names) for rows in found]))


def _at(rows: pl.LazyFrame, seqs: pl.Series) -> pl.LazyFrame:
    return rows.filter(pl.col("seq").is_in(seqs.implode()))


def by_time(events: Meant, columns: Sequence[str], *, descending: bool) -> Iterator[pl.DataFrame]:
    """All meant events in the order of time, ties by place, the newest first.

    A file's times are put in order, then its rows are read in that order, some at a time: a frame holds fifty
    thousand rows of few columns, fewer of many, and few at first, so that something is there at once. Raises TooLarge.
    """
    waiting: list[pl.DataFrame] = []  # keys of files that reach over the end of what was given
    size, most = _FIRST_ROWS, max(_FRAME_CELLS // len(columns), 1)
    for number, reach in _in_turn(events.pieces, descending):
        keys = _keys(events, number)
        waiting.append(keys.reverse() if descending else keys)
        merged = _in_order(waiting, descending)
        ready = (
            merged
            if reach is None
            else merged.filter(pl.col("occurred_at") > reach if descending else pl.col("occurred_at") < reach)
        )
        waiting = [merged.slice(ready.height)] if ready.height < merged.height else []
        while not ready.is_empty():
            yield _read(events.pieces, ready.head(size), columns)
            ready, size = ready.slice(size), most


def _in_turn(pieces: Sequence[Piece], descending: bool) -> Iterator[tuple[int, datetime | None]]:
    """The pieces (by number) in the order of time, each with how far the ones after it reach: beyond that, rows are in
    order.
    """
    ends = [piece.part.newest if descending else piece.part.oldest for piece in pieces]
    turns = sorted(range(len(pieces)), key=ends.__getitem__, reverse=descending)
    return zip(turns, [*(ends[number] for number in turns[1:]), None][: len(turns)], strict=True)


def _in_order(keys: Sequence[pl.DataFrame], descending: bool) -> pl.DataFrame:
    """All of them in order. Most files lie in the order of both keys: that is seen in a hundredth of a sort's time."""
    together = pl.concat(keys)
    if descending and all(together[name].is_sorted(descending=True) for name in ("occurred_at", "seq")):
        return together
    return together.sort("occurred_at", "seq", descending=[descending, True])


def _keys(events: Meant, number: int) -> pl.DataFrame:
    """Time, place, piece and row of the meant rows of one piece."""
    piece = events.pieces[number]
    places = seek.whole(events.within([piece]))[0]
    low, length = (0, places) if isinstance(places, int) else _span(places)
    keys = piece.rows.slice(low, length).select("occurred_at", "seq").collect().with_row_index("row", low)
    if not isinstance(places, int):
        keys = keys.select(pl.all().gather(places - low))
    return keys.with_columns(piece=pl.lit(number, dtype=pl.UInt32))


def _span(places: pl.Series) -> tuple[int, int]:
    return (int(places[0]), int(places[-1]) - int(places[0]) + 1) if places.len() else (0, 0)


def _read(pieces: Sequence[Piece], keys: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """The rows of the keys, in their order."""
    begins = keys["piece"].rle_id()
    if begins[-1] < _MOST_STRETCHES:  # one file, or the end of one and the beginning of the next
        return pl.concat([
            _read_stretch(pieces[int(some["piece"][0])].rows, some, columns)
            for some in keys.with_columns(begins.alias("stretch")).partition_by("stretch", maintain_order=True)
        ])  # fmt: skip
    found: list[pl.DataFrame] = []
    for (number,), some in keys.select("piece", "row").with_row_index("place").group_by("piece"):
        found.extend(_read_apart(pieces[int(number)].rows, some, columns))
    return pl.concat(found).sort("place").select(columns)


def _read_stretch(rows: pl.LazyFrame, keys: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Rows of one file, which mostly lie together and backwards."""
    low, high = int(keys["row"][-1]), int(keys["row"][0])
    if high - low + 1 == keys.height and keys["row"].is_sorted(descending=True):
        return rows.slice(low, keys.height).select(columns).collect().reverse()
    found = _read_apart(rows, keys.select("row").with_row_index("place"), columns)
    return pl.concat(found).sort("place").select(columns)


def _read_apart(rows: pl.LazyFrame, places: pl.DataFrame, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Rows of one file that lie apart: it is read some at a time, and what is wanted is kept."""
    for _, some in places.sort("row").group_by(pl.col("row") // _READ_ROWS, maintain_order=True):
        low, length = _span(some["row"])
        read = rows.slice(low, length).select(columns).collect()
        yield read.select(pl.all().gather(some["row"] - low)).with_columns(some["place"])


def _gathered(events: Meant, piece: Piece, places: pl.Series, names: Sequence[str]) -> pl.DataFrame:
    low, high = int(places.min()), int(places.max())  # type: ignore[arg-type]  # there is one
    if high - low > _NEAR_ROWS and HOLDABLE.issuperset(names):
        try:
            return events.held.frames([piece], names)[0].select(pl.all().gather(places))
        except TooLarge:
            pass  # the file has them as well
    read = piece.rows.slice(low, high - low + 1).select(names).collect()
    return read.select(pl.all().gather(places - low))
