"""Counted by number, grouped, or out of what is known of a file, it is the same: with nulls, without rows, and where a
dictionary outgrows its rows.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dashboard.archive.held import Held
from dashboard.archive.snapshot import Piece, Snapshot
from dashboard.events.adornment import Bucket, Facet, Width
from dashboard.events.columns import TIME
from dashboard.events.filter import EventFilter
from dashboard.query import counting, views
from dashboard.query.counting import _of_buckets, _of_values
from dashboard.query.polars_engine import PolarsEngine
from dashboard.query.sort import Sort
from tests.query.test_seek import NOW, START, pieces_of, snapshots
from tests.thorough import cases

DAY = datetime(2026, 3, 29, tzinfo=UTC)
TEXTS = {
    "a few": ["a", "b", "a", None, "c", "b", "a"] * 30,
    "none is null": ["a", "b"] * 30,
    "all are null": [None] * 30,
    "no row": [],
    "a dictionary of thousands, few rows": ["t4999", "t17", None, "t17"],
}


@pytest.fixture(params=TEXTS, ids=list(TEXTS))
def rows(request: pytest.FixtureRequest) -> pl.DataFrame:
    texts = TEXTS[request.param]
    kept = pl.Categorical(pl.Categories.random(physical=pl.UInt32))
    pl.Series([f"t{number}" for number in range(5_000)] if "thousands" in request.param else ["a", "b", "c"]).cast(kept)
    times = [DAY + timedelta(minutes=37 * number, microseconds=number) for number in range(len(texts))]
    return pl.DataFrame({
        "occurred_at": pl.Series(times, dtype=TIME), "category": pl.Series(texts, dtype=pl.String).cast(kept),
    })  # fmt: skip


def plain(frame: pl.DataFrame, column: str) -> list[tuple[object, ...]]:
    named = frame.with_columns(pl.col(column).cast(pl.String))
    return named.sort(pl.all(), nulls_last=True).rows()


def test_values(rows: pl.DataFrame) -> None:
    grouped = rows.group_by("category").agg(weight=pl.len().cast(pl.Int64))
    counted = _of_values("category", rows)
    assert counted.schema == grouped.schema
    assert plain(counted, "category") == plain(grouped, "category")


def test_values_that_were_counted_in_parts(rows: pl.DataFrame) -> None:
    parts = [_of_values("category", some) for some in (rows, rows.head(7), rows.head(0))]
    grouped = pl.concat([rows, rows.head(7)]).group_by("category").agg(weight=pl.len().cast(pl.Int64))
    summed = _of_values("category", pl.concat(parts))
    assert summed.schema == grouped.schema
    assert plain(summed, "category") == plain(grouped, "category")


@pytest.mark.parametrize("width", [Width.MINUTE, Width.FIVE_MINUTES, Width.HOUR, Width.DAY])
def test_buckets(rows: pl.DataFrame, width: Width) -> None:
    bucket = pl.col("occurred_at").dt.truncate(width.value)
    grouped = rows.group_by(bucket=bucket, category="category").agg(weight=pl.len().cast(pl.Int64))
    counted = _of_buckets("category", width, rows)
    assert counted.schema == grouped.schema
    assert plain(counted, "category") == plain(grouped, "category")


ORDERS = st.builds(Sort, st.sampled_from(["category", "actor", "region", "description"]), descending=st.booleans())
WANTED = st.builds(
    EventFilter,
    category=st.sampled_from([(), ("Auth",), ("Auth", "User"), ("(none)",), ("nobody's",)]),
    not_category=st.sampled_from([(), ("User",), ("(none)",)]),
    actor=st.sampled_from([(), ("a",)]),
    since=st.sampled_from([None, START + timedelta(milliseconds=30)]),
    until=st.sampled_from([None, START + timedelta(milliseconds=60)]),
)


@given(snapshots(), WANTED, st.sampled_from(Width), ORDERS)
@settings(max_examples=cases(150), deadline=None)
def test_what_only_the_kind_decides_is_counted_as_if_rows_were_looked_at(
    both: tuple[Snapshot, Snapshot], wanted: EventFilter, width: Width, order: Sort
) -> None:
    held, plain_rows = (PolarsEngine(snapshot, NOW) for snapshot in both)
    for _ in range(2):  # the second time out of what the first one found
        for added, view in ((Bucket(width), "actions_over_time"), (Facet("category", ""), "facets")):
            assert_frame_equal(held.answer(view, wanted, added), plain_rows.answer(view, wanted, added))
        pages = (views.log_page(engine, wanted, order, 1, 5) for engine in (held, plain_rows))
        assert_frame_equal(*pages)


QUARTER = 6 * 3_600_000  # in milliseconds, as the events of `pieces_of` are said
MINUTES = st.integers(-12, 20).map(lambda quarters: quarters * 6 * 60) | st.integers(-1440, 7200)
OF_DAYS = st.tuples(st.integers(0, 17 * QUARTER) | st.integers(0, 17).map(lambda quarters: quarters * QUARTER),
                    st.sampled_from([None, "a"]), st.sampled_from(["Auth", "User"]))  # fmt: skip


@given(st.data(), st.sets(MINUTES, min_size=1, max_size=2), st.sampled_from(Width), st.sampled_from([(), ("Auth",)]))
@settings(max_examples=cases(150), deadline=None)
def test_a_window_that_cuts_files_takes_their_own_counts_of_what_it_leaves_whole(
    data: st.DataObject, minutes: set[int], width: Width, category: tuple[str, ...]
) -> None:
    files = data.draw(st.lists(st.lists(OF_DAYS, min_size=4, max_size=12), min_size=1, max_size=4))
    pieces = pieces_of(files, data.draw(st.lists(st.booleans(), min_size=len(files), max_size=len(files))))
    total = sum(piece.part.rows for piece in pieces)
    as_of = data.draw(st.just(total) | st.integers(0, total))
    events = pl.concat([piece.rows for piece in pieces]).filter(pl.col("seq") < as_of)
    some = tuple(piece for piece in pieces if piece.part.first_seq < as_of)
    held = PolarsEngine(Snapshot(as_of, events, pieces=some, held=Held(1 << 20)), NOW)
    plain_rows = PolarsEngine(Snapshot(as_of, events), NOW)
    first, last = (START + timedelta(minutes=edge(minutes)) for edge in (min, max))
    for since, until in ((None, None), (first, None), (None, last), (first, last) if first < last else (None, None)):
        asked = "actions_over_time", EventFilter(category=category, since=since, until=until), Bucket(width)
        assert_frame_equal(held.answer(*asked), plain_rows.answer(*asked))


def test_of_a_window_only_the_days_that_it_cuts_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    count = counting._of_buckets
    monkeypatch.setattr(counting, "_of_buckets", lambda *asked: (counted.append(asked[-1].height), count(*asked))[1])
    (piece,) = pieces_of([[(at * QUARTER, "a", "Auth") for at in range(40)]], [True])
    engine = PolarsEngine(Snapshot(40, piece.rows, pieces=(piece,), held=Held(1 << 20)), NOW)
    for days, looked_at in ((2, [40, 2]), (3, [2]), (4, [2])):  # all of the file once; then 12 to 24 o'clock
        counted.clear()
        window = EventFilter(since=START + timedelta(hours=12), until=START + timedelta(days=days))
        found = engine.answer("actions_over_time", window, Bucket(Width.DAY))
        assert (found["events"].sum(), counted) == (4 * days - 2, looked_at)


def test_files_that_were_counted_are_not_read_again_for_some_of_their_kinds() -> None:
    asked: list[list[str]] = []

    class Watched(Held):
        def frames(self, pieces: Sequence[Piece], columns: Iterable[str]) -> list[pl.DataFrame]:
            asked.append([piece.part.uri for piece in pieces])
            return super().frames(pieces, columns)

    pieces = pieces_of([[(at, "a", "Auth" if at % 3 else "User") for at in range(9)]] * 3, [True] * 3)
    snapshot = Snapshot(27, pl.concat([piece.rows for piece in pieces]), pieces=pieces, held=Watched(1 << 20))
    engine = PolarsEngine(snapshot, NOW)
    assert engine.answer("actions_over_time", EventFilter(), Bucket(Width.DAY))["events"].sum() == 27
    asked.clear()
    found = engine.answer("actions_over_time", EventFilter(category=("User",)), Bucket(Width.MONTH))
    assert found["events"].to_list() == [9]
    assert not asked


@pytest.mark.parametrize("wanted", [EventFilter(category=("User",)), EventFilter(not_category=("Auth",))])
def test_a_page_in_the_order_of_the_kind_that_decides_is_no_longer_than_asked(wanted: EventFilter) -> None:
    pieces = pieces_of([[(at, "a", "Auth" if at % 3 else "User") for at in range(9)]] * 3, [True] * 3)
    snapshot = Snapshot(27, pl.concat([piece.rows for piece in pieces]), pieces=pieces, held=Held(1 << 20))
    page = views.log_page(PolarsEngine(snapshot, NOW), wanted, Sort("category", descending=True), 2, 4)
    plain_page = views.log_page(
        PolarsEngine(Snapshot(27, snapshot.events), NOW), wanted, Sort("category", descending=True), 2, 4
    )
    assert page.height == 4
    assert_frame_equal(page, plain_page)
