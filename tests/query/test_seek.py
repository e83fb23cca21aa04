"""However files lie over one another in time, a sought slice is the slice of one sort over everything."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dashboard.archive.held import Held
from dashboard.archive.snapshot import Part, Piece, Snapshot
from dashboard.events.columns import SCHEMA
from dashboard.events.filter import EventFilter
from dashboard.query import fetch, seek, streaming, views
from dashboard.query.narrow import narrow
from dashboard.query.polars_engine import PolarsEngine
from dashboard.query.sort import Sort
from tests.thorough import cases

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 2, 1, tzinfo=UTC)
ROUND = timedelta(milliseconds=1)


def pieces_of(files: list[list[tuple[int, str | None, str]]], in_order: list[bool]) -> tuple[Piece, ...]:
    """A piece a file; an event is (milliseconds, actor, category)."""
    found, seq = [], 0
    for number, (events, sorted_) in enumerate(zip(files, in_order, strict=True)):
        known = {
            "seq": range(seq, seq + len(events)),
            "id": range(1000 + seq, 1000 + seq + len(events)),
            "occurred_at": [START + timedelta(milliseconds=at) for at, _, _ in events],
            "recorded_at": [START + timedelta(milliseconds=at // 5) for at, _, _ in events],
            "source_seq": [None if actor is None else at % 7 for at, actor, _ in events],
            "reported_region": [actor for _, actor, _ in events],
            "actor": [actor for _, actor, _ in events],
            "category": [category for _, _, category in events],
            "description": [f"event {seq + n}" for n in range(len(events))],
        }
        frame = pl.DataFrame(
            {name: pl.Series(known.get(name, [None] * len(events)), dtype=dtype) for name, dtype in SCHEMA.items()}
        )
        frame = frame.sort("occurred_at", "seq") if sorted_ else frame.reverse()
        times = frame["occurred_at"]
        part = Part(
            f"memory://{number}", frame.height, seq, seq + len(events) - 1, times.min() - ROUND, times.max() + ROUND
        )  # type: ignore[operator]
        found.append(Piece(part, frame.lazy()))
        seq += len(events)
    return tuple(found)


events = st.tuples(st.integers(0, 40), st.sampled_from([None, "a", "B", "é"]), st.sampled_from(["Auth", "User"]))


@st.composite
def snapshots(draw: st.DrawFn) -> tuple[Snapshot, Snapshot]:
    """The same state twice: with decoded columns, and as one relation of texts."""
    files = draw(st.lists(st.lists(events, min_size=1, max_size=12), min_size=1, max_size=6))
    shift = draw(st.sampled_from([0, 15, 41, 100]))  # from files on top of each other to files apart
    moved = [[(at + shift * n, actor, category) for at, actor, category in some] for n, some in enumerate(files)]
    pieces = pieces_of(moved, draw(st.lists(st.booleans(), min_size=len(files), max_size=len(files))))
    total = sum(piece.part.rows for piece in pieces)
    as_of = draw(st.integers(0, total))
    plain = pl.concat([piece.rows for piece in pieces]).filter(pl.col("seq") < as_of)
    some = tuple(piece for piece in pieces if piece.part.first_seq < as_of)
    return Snapshot(as_of, plain, pieces=some, held=Held(1 << 20)), Snapshot(as_of, plain)


FILTERS = st.builds(
    EventFilter,
    since=st.sampled_from([None, START, START + timedelta(milliseconds=7)]),
    until=st.sampled_from([None, START + timedelta(milliseconds=23), START + timedelta(milliseconds=160)]),
    category=st.sampled_from([(), ("Auth",), ("Auth", "User"), ("no such",)]),
    actor=st.sampled_from([(), ("a", "(none)"), ("é",)]),
    not_actor=st.sampled_from([(), ("B",), ("(none)",)]),
    search=st.sampled_from([(), ("event 1",), ("É",), ("nothing",)]),
)
NUMBERS = ["seq", "id", "recorded_at", "source_seq"]
SORTS = st.builds(
    Sort,
    st.sampled_from(["occurred_at", "actor", "category", "description", "reported_region", *NUMBERS]),
    st.booleans(),
)


@settings(max_examples=cases(60), deadline=None)
@given(snapshots(), FILTERS, SORTS, st.integers(0, 30), st.integers(1, 30))
def test_a_sought_slice_is_the_slice_of_one_sort(
    both: tuple[Snapshot, Snapshot], wanted: EventFilter, sort: Sort, offset: int, limit: int
) -> None:
    ours, plain = (PolarsEngine(state, NOW) for state in both)
    page = views.log_page(ours, wanted, sort, offset, limit)
    assert_frame_equal(page, views.log_page(plain, wanted, sort, offset, limit))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(streaming, "_TOLD_BY", offset + 2 * limit)
        assert_frame_equal(page, views.log_page(plain, wanted, sort, offset, limit))
    assert views.count(ours, wanted) == views.count(plain, wanted)
    assert views.time_range(ours, wanted) == views.time_range(plain, wanted)
    assert_frame_equal(views.actions_over_time(ours, wanted), views.actions_over_time(plain, wanted))
    assert_frame_equal(
        views.facets_of(ours, wanted, ("actor", "region")), views.facets_of(plain, wanted, ("actor", "region"))
    )
    files = [
        [seq for frame in views.batches(engine, wanted, sort, ("seq",), 7) for seq in frame["seq"]]
        for engine in (ours, plain)
    ]
    assert files[0] == files[1]


@settings(max_examples=cases(60), deadline=None)
@given(snapshots(), FILTERS, SORTS, st.lists(st.integers(-5, 200), max_size=6), st.integers(1, 6))
def test_an_export_in_small_steps_is_one_sort(
    both: tuple[Snapshot, Snapshot], wanted: EventFilter, sort: Sort, cuts: list[int], step: int
) -> None:
    names = ("seq", "description")
    whole = streaming.ordered(narrow(both[1].events, wanted, NOW).collect(), sort).select(names)
    with pytest.MonkeyPatch.context() as patched:
        for module, sizes in {
            fetch: {"_FIRST_ROWS": 1, "_FRAME_CELLS": 2 * step, "_READ_ROWS": 3},
            streaming: {"FIRST_RUN_ROWS": 1, "EXPORT_RUN_CELLS": 3 * step},
        }.items():
            for name, size in sizes.items():
                patched.setattr(module, name, size)
        moments = [START + timedelta(milliseconds=at) for at in cuts]
        by_runs = list(streaming.batches(narrow(both[1].events, wanted, NOW), sort, names, 5, moments))
        by_files = list(views.batches(PolarsEngine(both[0], NOW), wanted, sort, names, 100))
    for frames in (by_runs, by_files):
        assert pl.concat([whole.clear(), *frames]).equals(whole)
    if sort.column == "occurred_at" and by_files:
        assert by_files[0].height == 1
        assert max(frame.height for frame in by_files) <= step


def test_stretches_cover_every_piece_and_overlap_nowhere() -> None:
    pieces = pieces_of(
        [[(0, "a", "x"), (50, "a", "x")], [(20, "a", "x"), (90, "a", "x")], [(200, "a", "x")]], [True] * 3
    )
    cut = seek.stretches(pieces, descending=False)
    assert [one.pieces for one in cut] == [(0,), (0, 1), (1,), (2,)]
    assert all(one.end <= after.start for one, after in pairwise(cut))
    assert seek.stretches(pieces, descending=True) == cut[::-1]


def test_a_first_page_reads_the_newest_file_alone() -> None:
    pieces = pieces_of([[(1000 * n + k, "a", "x") for k in range(5)] for n in range(4)], [True] * 4)
    gone = [Piece(piece.part, pl.scan_parquet("/nowhere/at-all.parquet")) for piece in pieces[:3]]
    engine = PolarsEngine(
        Snapshot(20, pl.scan_parquet("/nowhere/at-all.parquet"), pieces=(*gone, pieces[3]), held=Held(1 << 20)), NOW
    )
    assert views.log_page(engine, EventFilter(), limit=5)["seq"].to_list() == [19, 18, 17, 16, 15]
    assert views.log_page(engine, EventFilter(category=("x",)), limit=3, offset=2)["seq"].to_list() == [17, 16, 15]
    assert views.log_page(engine, EventFilter(), Sort("seq"), limit=2, offset=1)["seq"].to_list() == [18, 17]


@pytest.mark.parametrize("seq", [0, 7, 19])
def test_an_event_is_read_from_the_file_that_may_hold_it(seq: int) -> None:
    pieces = pieces_of([[(1000 * n + k, "a", "x") for k in range(5)] for n in range(4)], [True] * 4)
    engine = PolarsEngine(Snapshot(20, pl.scan_parquet("/nowhere/at-all.parquet"), pieces=pieces, held=Held(1)), NOW)
    assert views.event(engine, f"seq:{seq}")["id"].to_list() == [1000 + seq]
