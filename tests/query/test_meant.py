"""A condition on several columns is looked up once for all questions about it, and changes no answer."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dashboard.archive.held import Held
from dashboard.archive.snapshot import Piece, Snapshot
from dashboard.events.adornment import Bucket, Facet, Width
from dashboard.events.filter import EventFilter
from dashboard.query import meant, views
from dashboard.query.polars_engine import PolarsEngine
from dashboard.query.sort import NEWEST_FIRST, Sort
from tests.query.test_seek import NOW, START, pieces_of, snapshots
from tests.thorough import cases

WANTED = st.builds(
    EventFilter,
    search=st.sampled_from([("1",), ("a", "user"), ("nowhere",)]),
    category=st.sampled_from([(), ("Auth",)]),
    not_actor=st.sampled_from([(), ("a",), ("(none)",)]),
    since=st.sampled_from([None, START + timedelta(milliseconds=30)]),
)


@pytest.mark.parametrize("most", [0, 3, 1_000])
@given(both=snapshots(), wanted=WANTED)
@settings(max_examples=cases(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_looked_up_gives_the_answers_of_plain_rows(
    monkeypatch: pytest.MonkeyPatch, most: int, both: tuple[Snapshot, Snapshot], wanted: EventFilter
) -> None:
    monkeypatch.setattr(meant, "_MOST_FOUND", most)
    held, plain = (PolarsEngine(snapshot, NOW) for snapshot in both)
    assert views.count(held, wanted) == views.count(plain, wanted)
    assert views.time_range(held, wanted) == views.time_range(plain, wanted)
    for view, added in (
        ("failed_logins_by_region", None),
        ("actions_over_time", Bucket(Width.MINUTE)),
        ("actions_over_time", Bucket(Width.WEEK)),
        ("facets", Facet("actor", "")),
    ):
        assert_frame_equal(held.answer(view, wanted, added), plain.answer(view, wanted, added))
    for sort in (NEWEST_FIRST, Sort("actor", descending=False), Sort("source_seq", descending=True)):
        assert_frame_equal(views.log_page(held, wanted, sort, 1, 5), views.log_page(plain, wanted, sort, 1, 5))
    assert all_of(held, wanted) == all_of(plain, wanted)


SEARCHES = st.sampled_from([
    EventFilter(**{field: words})
    for field in ("search", "not_search", "prefix", "exact")
    for words in (("1",), ("a", "event 2"), ("nowhere",))
])  # fmt: skip


@given(both=snapshots(), some=st.lists(SEARCHES, min_size=3, max_size=6), has_room=st.booleans())
@settings(max_examples=cases(50), deadline=None)
def test_searches_one_after_the_other_are_answered_by_marks_whether_or_not_their_columns_can_be_held(
    both: tuple[Snapshot, Snapshot], some: list[EventFilter], has_room: bool
) -> None:
    state, as_texts = both
    rows = sum(piece.part.rows for piece in state.pieces)
    nowhere = pl.scan_parquet("/nowhere/at-all.parquet")
    columns = Held(1 << 20 if has_room else rows * 19)  # all that is searched takes 20 bytes an event
    held = PolarsEngine(Snapshot(state.as_of, nowhere, pieces=state.pieces, held=columns), NOW)
    plain = PolarsEngine(as_texts, NOW)
    for wanted in some:
        assert views.count(held, wanted) == views.count(plain, wanted)
        assert_frame_equal(views.facets(held, wanted, "actor"), views.facets(plain, wanted, "actor"))
        assert_frame_equal(views.log_page(held, wanted, limit=7), views.log_page(plain, wanted, limit=7))


def all_of(engine: PolarsEngine, wanted: EventFilter) -> list[int]:
    return [seq for frame in views.batches(engine, wanted) for seq in frame["seq"]]


def test_the_searched_columns_are_looked_at_once() -> None:
    asked: list[tuple[set[str], set[str]]] = []

    class Watched(Held):
        def frames(self, pieces: Sequence[Piece], columns: Iterable[str]) -> list[pl.DataFrame]:
            names = list(columns)
            asked.append(({piece.part.uri for piece in pieces}, {*names}))
            return super().frames(pieces, names)

    pieces = pieces_of([[(at, name, "Auth") for at in range(9)] for name in ("ana", "bo", "ana")], [True] * 3)
    snapshot = Snapshot(27, pl.concat([piece.rows for piece in pieces]), pieces=pieces, held=Watched(1 << 20))
    engine, wanted = PolarsEngine(snapshot, NOW), EventFilter(search=("bo",))
    assert views.count(engine, wanted) == 9
    asked.clear()
    assert views.actions_over_time(engine, wanted)["events"].sum() == 9
    assert views.log_page(engine, wanted).height == 9
    of_page = asked.pop()  # what the page shows
    assert all(names <= {"occurred_at", "category", "seq"} for _, names in asked)
    assert {uri for uris, _ in [*asked, of_page] for uri in uris} == {pieces[1].part.uri}, "files without one are left"


def test_what_many_events_fulfil_is_found_out_once_by_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meant, "_MOST_FOUND", 10)
    looked_at: list[int] = []
    places = meant.Meant.places

    def watched(events: meant.Meant) -> list[pl.Series]:
        looked_at.append(len(events.pieces))
        return places(events)

    monkeypatch.setattr(meant.Meant, "places", watched)
    pieces = pieces_of([[(at, "bo", "Auth") for at in range(9)] for _ in range(3)], [True] * 3)
    engine = PolarsEngine(Snapshot(27, pl.concat([p.rows for p in pieces]), pieces=pieces, held=Held(1 << 20)), NOW)
    wanted = EventFilter(search=("bo",))
    assert views.count(engine, wanted) == 27
    assert engine.answer("actions_over_time", wanted, Bucket(Width.DAY))["events"].sum() == 27
    assert looked_at == [1]
