"""Numbers of a window beside what is usual, over rows that can be counted by hand."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from dashboard.events.adornment import Width
from dashboard.events.filter import EventFilter
from dashboard.query import views
from dashboard.query.figures import Figure, Name, deletions, figures
from tests.query.test_views import small

DAY = timedelta(days=1)
TODAY = datetime(2026, 11, 23, tzinfo=UTC)
NOON = TODAY + DAY / 2


def log_of(counts: dict[int, int], **columns: list[object]) -> object:
    """So many events at nine in the morning, each so many days ago."""
    times = [TODAY - days * DAY + timedelta(hours=9, seconds=n) for days, count in counts.items() for n in range(count)]
    rows = len(times)
    given = {"category": ["Repo"] * rows, "action": ["Repository Deleted"] * rows, "actor": ["a"] * rows, **columns}
    return small(rows, occurred_at=times, outcome=["success"] * rows, **given)


def asked(engine: object) -> dict[Name, Figure]:
    weeks = tuple((TODAY - k * 7 * DAY, NOON - k * 7 * DAY) for k in range(1, 5))
    found = figures(engine, EventFilter(since=TODAY, until=NOON), weeks, TODAY - 13 * DAY, Width.DAY)  # type: ignore[arg-type]
    return {figure.name: figure for figure in found}


def test_usual_is_the_median_of_the_same_part_of_the_earlier_days() -> None:
    found = asked(log_of({0: 5, 7: 1, 14: 2, 21: 4, 28: 9}))
    assert (found[Name.EVENTS].value, found[Name.EVENTS].usual) == (5, 3)
    assert (found[Name.DELETIONS].value, found[Name.DELETIONS].usual) == (5, 3)
    assert (found[Name.ACTORS].value, found[Name.ACTORS].usual) == (1, 1)


def test_days_before_the_log_began_are_not_compared_with() -> None:
    assert asked(log_of({0: 5, 7: 1, 14: 3}))[Name.EVENTS].usual == 2
    assert asked(log_of({0: 5, 3: 1}))[Name.EVENTS].usual is None


def test_the_trend_has_a_number_for_each_day_also_of_none() -> None:
    trend = asked(log_of({0: 5, 2: 1, 20: 7}))[Name.EVENTS].trend
    assert [value for _, value in trend] == [0] * 11 + [1, 0, 5]
    assert [start for start, _ in trend] == [TODAY - days * DAY for days in range(13, -1, -1)]


def test_what_the_system_deletes_is_no_deletion_by_people() -> None:
    engine = log_of({0: 3}, actor=["a", None, "b"])
    assert asked(engine)[Name.DELETIONS].value == 2


def test_without_any_deletion_the_filter_means_no_event_and_not_all_of_them() -> None:
    engine = log_of({0: 3}, action=["x"] * 3)
    assert views.count(engine, deletions(engine, EventFilter(since=TODAY, until=NOON))) == 0  # type: ignore[arg-type]


def test_each_number_is_the_count_of_its_filter() -> None:
    engine = log_of({0: 4, 7: 1}, action=["Login Failed", "Login Failed", "Repository Deleted", "x", "x"],
                    category=["Auth", "User", "Repo", "Auth", "Auth"])  # fmt: skip
    found = asked(engine)
    assert found[Name.FAILED_LOGINS].value == 1
    for name in (Name.EVENTS, Name.FAILED_LOGINS, Name.FAILURES, Name.DELETIONS):
        assert views.count(engine, found[name].events) == found[name].value  # type: ignore[arg-type]


def test_a_window_without_an_end_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="both ends"):
        figures(log_of({0: 1}), EventFilter(since=TODAY), (), TODAY, Width.DAY)  # type: ignore[arg-type]


def test_an_empty_log_has_zeros() -> None:
    found = asked(small(occurred_at=pl.Series([], dtype=pl.Datetime("us", "UTC"))))
    assert {figure.value for figure in found.values()} == {0}
