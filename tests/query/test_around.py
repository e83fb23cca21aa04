"""The events around one: the same as in the whole list, whatever shares its time."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dashboard.archive.snapshot import Snapshot
from dashboard.events.columns import SCHEMA
from dashboard.events.filter import NONE, EventFilter, as_text
from dashboard.events.times import EARLIEST, LATEST
from dashboard.query import views
from dashboard.query.polars_engine import PolarsEngine
from dashboard.query.sort import NEWEST_FIRST
from tests.query.conftest import ADDRESSES, EVENTS, NOW, TEXTS, Both
from tests.query.test_engines import filters
from tests.query.test_views import small
from tests.thorough import cases

SEQS = st.integers(0, EVENTS - 1)
KINDS = st.one_of(
    st.just(EventFilter()),
    st.sampled_from([*map(as_text, TEXTS), NONE]).map(lambda text: EventFilter(actor=(text,))),
    st.sampled_from([*map(as_text, TEXTS), NONE]).map(lambda text: EventFilter(target=(text,))),
    st.sampled_from(ADDRESSES).map(lambda text: EventFilter(ip=(text,))),
)
hard = settings(max_examples=cases(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def chosen(both: Both, wanted: EventFilter, number: int) -> tuple[pl.DataFrame, int] | None:
    """All events of the filter, the newest first, and one of them."""
    whole = views.log_page(both.polars, wanted, NEWEST_FIRST, 0, EVENTS)
    return (whole, number % whole.height) if whole.height else None


@hard
@given(KINDS, SEQS, st.integers(0, 12), st.integers(0, 12))
def test_both_sides_are_those_of_the_whole_list_on_both_engines(
    both: Both, wanted: EventFilter, number: int, earlier: int, later: int
) -> None:
    if (found := chosen(both, wanted, number)) is None:
        return
    whole, at = found
    moment, seq = whole.select("occurred_at", "seq").row(at)
    expected = whole[max(0, at - later) : at + earlier + 1]
    for engine in both:
        assert_frame_equal(views.around(engine, wanted, moment, seq, earlier=earlier, later=later), expected)


@hard
@given(filters(), SEQS)
def test_a_place_is_that_of_the_whole_list_and_none_for_others(both: Both, some: EventFilter, seq: int) -> None:
    one = both.polars.find("log_page", "seq", seq)
    rows = views.log_page(both.polars, some, NEWEST_FIRST, 0, EVENTS)["seq"].to_list()
    expected = rows.index(seq) if seq in rows else None
    assert [views.place(engine, some, one["occurred_at"].item(), seq) for engine in both] == [expected] * 2


@hard
@given(SEQS, st.integers(0, 5), st.integers(0, 5))
def test_a_target_s_history_is_the_same_events_with_what_they_say(
    both: Both, seq: int, earlier: int, later: int
) -> None:
    one = views.event(both.polars, f"seq:{seq}").row(0, named=True)
    if one["target"] is None:
        return
    wanted = EventFilter(target=(as_text(one["target"]),))
    rows = views.around(both.polars, wanted, one["occurred_at"], seq, earlier=earlier, later=later)
    for engine in both:
        found = views.target_history(engine, one["target"], one["occurred_at"], seq, earlier=earlier, later=later)
        assert found["seq"].to_list() == rows["seq"].to_list()
        details = {place: views.event(engine, f"seq:{place}")["details"].item() for place in found["seq"][:2]}
        assert dict(zip(found["seq"][:2], found["details"][:2], strict=True)) == details


@pytest.mark.parametrize("moment", [EARLIEST, LATEST, NOW])
def test_a_log_of_one_moment_has_two_sides(moment: datetime) -> None:
    engine = small(9, occurred_at=[moment] * 9)
    found = views.around(engine, EventFilter(), moment, 4, earlier=2, later=3)
    assert found["seq"].to_list() == [7, 6, 5, 4, 3, 2]
    assert views.place(engine, EventFilter(), moment, 4) == 4


def test_an_event_alone_has_none_around_it() -> None:
    assert views.around(small(1, occurred_at=[NOW]), EventFilter(), NOW, 0, earlier=5, later=5)["seq"].to_list() == [0]


def test_a_filter_s_own_times_do_not_cut_what_is_around() -> None:
    times = [NOW + timedelta(hours=number) for number in range(5)]
    wanted = EventFilter(since=times[2], until=times[3])
    found = views.around(small(5, occurred_at=times), wanted, times[2], 2, earlier=9, later=9)
    assert found["seq"].to_list() == [4, 3, 2, 1, 0]


def test_actors_are_counted_with_their_last_time_and_nobodies_apart() -> None:
    times = [datetime(2026, 11, 1, hour, tzinfo=UTC) for hour in range(6)]
    engine = small(
        6,
        occurred_at=times,
        actor=["ayse", "ayse", None, None, None, "ben"],
        actor_type=["user", "user", "system", "user", "user", "user"],
        erased=["client", None, None, "actor", None, None],
    )
    assert views.actors(engine, EventFilter()).rows() == [
        ("ayse", "user", None, 2, times[1]),
        ("ben", "user", None, 1, times[5]),
        (None, "user", None, 1, times[4]),
        (None, "user", "actor", 1, times[3]),
        (None, "system", None, 1, times[2]),
    ]
    assert views.actors(engine, EventFilter(), 1).height == 1


def test_many_events_of_one_time_are_told_apart_by_few_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 4096
    frame = small(rows, occurred_at=[NOW] * rows).snapshot.events.collect()
    engine = PolarsEngine(Snapshot(rows, frame.select(*SCHEMA).lazy()), NOW)
    looks = []
    ask = PolarsEngine.rows
    monkeypatch.setattr(PolarsEngine, "rows", lambda *given: looks.append(given) or ask(*given))
    assert views.around(engine, EventFilter(), NOW, 100, earlier=1, later=1)["seq"].to_list() == [101, 100, 99]
    assert len(looks) <= 15
