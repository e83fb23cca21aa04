"""Compaction: which files of a table to rewrite next, and doing it, so that a table has few files of a good size and no
two of them of the same time, however events came.

A file is *settled* when it is full and overlaps no larger file. Others wait until rewriting them pays, as in a
log-structured merge tree: four small ones of about the same weight are joined into one; one that overlaps larger files
is put into them when it holds at least half as many rows as they do. So a row is rewritten about log4(n) times on its
way, late and back-dated ones too, and what still overlaps is small. `thorough` settles everything at any cost.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, log

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dashboard.archive import files
from dashboard.archive.listing import Listed
from dashboard.archive.table import MOST_ROWS, ArchiveTable, OvertakenError
from dashboard.errors import DamagedError

Numbers = NDArray[np.int64]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_JOINED = 4  # small files of a weight
_MOST_JOINED = 16
_WORTH = 2  # rows of larger files rewritten for each row that is put into them
_ROUNDED_US = 1_000  # other writers of Delta tell times in whole milliseconds
_FRESH, _LATE = -1, -2
_LARGEST = 4  # times what is rewritten at once: a file beyond is left as it is


@dataclass(frozen=True, slots=True)
class Sizes:
    """Rows: a file is full from `full` on, has at most `most`, and one commit rewrites about `at_once`."""

    full: int = MOST_ROWS // 2
    most: int = MOST_ROWS
    at_once: int = 2 * MOST_ROWS


@dataclass(frozen=True, slots=True)
class Span:
    """A file and the range of the table's order that its rows lie in: places, or microseconds since 1970."""

    file: Listed
    low: int
    high: int

    @property
    def rows(self) -> int:
        return self.file.rows


@dataclass(frozen=True, slots=True)
class Join:
    """Rewrite these as one sorted run."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Absorb:
    """Put the rows of one into larger ones that it overlaps."""

    small: Span
    into: tuple[Span, ...]  # by `low`


def spans_of(table: ArchiveTable) -> list[Span]:
    """The opened version's files with their ranges."""
    if table.order[0] == "seq":
        return [Span(file, file.first_seq, file.last_seq) for file in table.listed()]
    return [
        Span(file, (file.oldest - _EPOCH) // _US, (file.newest - _EPOCH) // _US)
        for file in table.listed()
        if file.oldest is not None and file.newest is not None
    ]


_US = timedelta(microseconds=1)


def plan(
    spans: Sequence[Span], *, rounded: int = 0, sizes: Sizes | None = None, thorough: bool = False
) -> Join | Absorb | None:
    """What to rewrite next; None: nothing is worth it. Ranges that share no more than `rounded` don't overlap."""
    sizes = sizes or Sizes()
    ordered = sorted(spans, key=lambda span: (span.low, span.high, span.file.name))
    over = _overlapped(ordered, rounded)
    waiting = [_Waiting(span, larger, sizes) for span, larger in zip(ordered, over, strict=True)]
    return next(
        (
            found
            for found in (
                _oversized(ordered, sizes),
                _small_ones(waiting, ordered, sizes, thorough=thorough),
                _large_ones(waiting, sizes),
                _absorbable(waiting, thorough=thorough),
                _lonely(waiting, sizes) if thorough else None,
            )
            if found is not None
        ),
        None,
    )


@dataclass(frozen=True, slots=True)
class _Waiting:
    span: Span
    larger: tuple[Span, ...]  # that it overlaps, by `low`
    sizes: Sizes

    @property
    def load(self) -> int:
        return sum(span.rows for span in self.larger)

    @property
    def is_small(self) -> bool:
        return self.span.rows < self.sizes.full

    @property
    def weight(self) -> int:
        """0: settled, or worth to be put into larger ones; else how often it has to grow fourfold until then."""
        rows = max(1, self.span.rows)
        lacks = self.load / (_WORTH * rows) if self.load else self.sizes.full / rows
        return ceil(log(lacks, _JOINED)) if lacks > 1 else 0


def _overlapped(ordered: Sequence[Span], rounded: int) -> list[tuple[Span, ...]]:
    """Of each file those it overlaps and would be put into: denser ones, and of the same density the larger ones."""
    low, high, rows = (
        np.array(numbers, dtype=np.int64)
        for numbers in (
            [span.low for span in ordered],
            [span.high for span in ordered],
            [span.rows for span in ordered],
        )
    )
    thin = _thinness(low, high, rows)
    place = np.lexsort((-rows, thin)).argsort()
    found = []
    for k in range(len(ordered)):
        meets = (low < high[k] - rounded) & (high > low[k] + rounded)
        inside = (low[k] == high[k]) & (low < low[k]) & (high > low[k])  # an event alone has no length
        found.append(tuple(ordered[other] for other in np.flatnonzero((place < place[k]) & (meets | inside)).tolist()))
    return found


def _thinness(low: Numbers, high: Numbers, rows: Numbers) -> Numbers:
    """How little of its range a file is, counted in the table's rows: 0 where most are its own, 1 about a quarter, …"""
    length = np.maximum(high - low, 1).astype(np.float64)
    shares = [np.clip((high[k] - low) / length, 0, 1) - np.clip((low[k] - low) / length, 0, 1) for k in range(len(low))]
    around = np.array([max(share @ rows, 1.0) for share in shares])
    return np.round(np.log(np.maximum(around / np.maximum(rows, 1), 1.0)) / log(_JOINED)).astype(np.int64)


def _oversized(ordered: Sequence[Span], sizes: Sizes) -> Join | None:
    for span in ordered:
        if sizes.at_once < span.rows <= _LARGEST * sizes.at_once:
            return Join((span,))
    return None


def _small_ones(waiting: Sequence[_Waiting], ordered: Sequence[Span], sizes: Sizes, *, thorough: bool) -> Join | None:
    """Four of a weight in one part of the table; any two where nothing new comes any more, and if thorough."""
    full = [span.low for span in ordered if span.rows >= sizes.full]
    groups: dict[tuple[int, int], list[Span]] = {}
    for one in waiting:
        if one.is_small and (one.weight or thorough):
            gap = int(np.searchsorted(full, one.span.low, side="right"))
            settles = thorough or (not one.load and gap < len(full))
            if one.load:
                gap = _FRESH if gap == len(full) else _LATE
            groups.setdefault((gap, 0 if settles else one.weight), []).append(one.span)
    for (_, weight), found in groups.items():
        chosen = _up_to(found[:_MOST_JOINED], sizes.at_once)
        if len(chosen) >= (_JOINED if weight else 2):
            return Join(tuple(chosen))
    return None


def _up_to(spans: Sequence[Span], rows: int) -> list[Span]:
    chosen: list[Span] = []
    for span in spans:
        if sum(one.rows for one in chosen) + span.rows > rows:
            break
        chosen.append(span)
    return chosen


def _large_ones(waiting: Sequence[_Waiting], sizes: Sizes) -> Join | None:
    """Two that overlap each other, and too much else to be put into it: sorted together each spans half as much."""
    unsettled = {one.span for one in waiting if one.weight and not one.is_small}
    for one in waiting:
        if one.span in unsettled:
            for other in one.larger:
                if other in unsettled and _is_alike(one.span, other) and one.span.rows + other.rows <= sizes.at_once:
                    return Join((one.span, other))
    return None


def _is_alike(one: Span, other: Span) -> bool:
    """Whether two ranges share half of the longer one: else little is won by sorting them together."""
    shared = min(one.high, other.high) - max(one.low, other.low)
    return 2 * shared >= max(one.high - one.low, other.high - other.low)


def _absorbable(waiting: Sequence[_Waiting], *, thorough: bool) -> Absorb | None:
    """The file that costs least for each of its rows."""
    found = [one for one in waiting if one.load and (thorough or not one.weight)]
    best = min(found, key=lambda one: one.load / max(1, one.span.rows), default=None)
    return None if best is None else Absorb(best.span, best.larger)


def _lonely(waiting: Sequence[_Waiting], sizes: Sizes) -> Join | None:
    """A small file with the one before or after it."""
    for k, one in enumerate(waiting):
        if one.is_small:
            for other in (*waiting[max(0, k - 1) : k], *waiting[k + 1 : k + 2]):
                if one.span.rows + other.span.rows <= sizes.at_once:
                    return Join((other.span, one.span))
    return None


def compact_once(table: ArchiveTable, *, thorough: bool = False, sizes: Sizes | None = None) -> int:
    """Rewrites some files of the newest version in one commit; says how many rows that took, 0 when nothing is to do.

    Readers keep what they have open; the old files stay until `ArchiveTable.tidy`. About 5 µs a row, and 1 KiB of
    memory. The caller holds the mirror's lock. Raises DamagedError when the rewritten rows are not those that were
    read.
    """
    sizes = sizes or Sizes()
    table.refresh()
    rounded = 0 if table.order[0] == "seq" else _ROUNDED_US
    wanted = plan(spans_of(table), rounded=rounded, sizes=sizes, thorough=thorough)
    if wanted is None:
        return 0
    try:
        with table.working():
            return _join(table, wanted, sizes) if isinstance(wanted, Join) else _absorb(table, wanted, sizes)
    except OvertakenError:
        return 1  # there is something to do still


def _join(table: ArchiveTable, wanted: Join, sizes: Sizes) -> int:
    gone = [span.file for span in wanted.spans]
    before = table.scan_files([file.uri for file in gone]).collect()
    after = before.sort(*table.order)
    pieces = files.cut(after, sizes.most)
    _swap(table, gone, pieces, [files.fingerprint(before)])
    return before.height


def _absorb(table: ArchiveTable, wanted: Absorb, sizes: Sizes) -> int:
    """Only files that rows go into are rewritten, about `at_once` rows of them: what is left over stays a file."""
    key = table.order[0]
    small = table.scan_file(wanted.small.file.uri).collect().sort(*table.order)
    lows = np.array([span.low for span in wanted.into[1:]], dtype=np.int64)
    home = pl.Series("home", np.searchsorted(lows, small[key].cast(pl.Int64).to_numpy(), side="right"))
    before = [files.fingerprint(small)]
    gone, left, rows = [wanted.small.file], small, 0

    def pieces() -> Iterator[pl.DataFrame]:
        nonlocal left, rows
        for k, span in enumerate(wanted.into):
            mine = small.filter(home == k)
            if mine.is_empty() or (rows and rows + span.rows > sizes.at_once):
                continue
            held = table.scan_file(span.file.uri).collect()
            before.append(files.fingerprint(held))
            gone.append(span.file)
            rows += span.rows
            left = left.join(mine.select("seq"), on="seq", how="anti", maintain_order="left")
            yield from files.cut(pl.concat([held, mine]).sort(*table.order), sizes.most)
        if left.height:
            yield from files.cut(left, sizes.most)

    _swap(table, gone, pieces(), before)
    return small.height + rows


def _swap(
    table: ArchiveTable,
    gone: list[Listed],
    pieces: "Sequence[pl.DataFrame] | Iterator[pl.DataFrame]",
    before: list[tuple[int, int, int]],
) -> None:
    after: list[tuple[int, int, int]] = []

    def told() -> Iterator[pl.DataFrame]:
        for piece in pieces:
            after.append(files.fingerprint(piece))
            yield piece

    with table.written(told()) as added:
        if files.together(before) != files.together(after):
            raise DamagedError(
                f"Compaction of the archive {table.name} would have changed its rows.",
                "Nothing was changed. Run `auditlens verify --full`.",
            )
        table.replace(gone, added)
