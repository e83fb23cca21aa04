from datetime import UTC, datetime, timedelta

import pytest

from dashboard.events.adornment import Width
from dashboard.events.filter import EventFilter
from dashboard.query import views
from dashboard.query.ranking import nights_of_admins, top_over_time
from tests.query.test_views import small

DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
WEEK = EventFilter(since=MONDAY, until=MONDAY + 7 * DAY)


def test_the_most_frequent_values_come_with_a_number_for_each_day() -> None:
    times = [MONDAY, MONDAY, MONDAY + 2 * DAY, MONDAY + DAY, MONDAY + 6 * DAY]
    engine = small(5, occurred_at=times, actor=["a", "a", "a", "b", None], source_ip=["10.0.0.1"] * 4 + ["::1"])
    assert top_over_time(engine, WEEK, "actor", 10, Width.DAY).rows() == [
        ("a", 3, [2, 0, 1, 0, 0, 0, 0]), ("b", 1, [0, 1, 0, 0, 0, 0, 0]),
    ]  # fmt: skip
    assert top_over_time(engine, WEEK, "ip", 1, Width.DAY).rows() == [("10.0.0.1", 4, [2, 1, 1, 0, 0, 0, 0])]


def test_nobody_has_no_course_and_does_not_mean_everybody() -> None:
    engine = small(1, occurred_at=[MONDAY], actor=[None])
    assert top_over_time(engine, WEEK, "actor", 10, Width.DAY).is_empty()


def test_a_course_needs_both_ends() -> None:
    with pytest.raises(ValueError, match="both ends"):
        top_over_time(small(occurred_at=[]), EventFilter(), "actor", 10, Width.DAY)


@pytest.mark.parametrize(
    ("day", "hour", "since", "until"),
    [
        (0, 5, (0, 0), (0, 6)),  # Monday's morning still belongs to the weekend, cut by the window
        (0, 6, None, None),
        (1, 21, None, None),
        (1, 22, (1, 22), (2, 6)),
        (2, 5, (1, 22), (2, 6)),
        (4, 21, None, None),
        (4, 22, (4, 22), (7, 0)),
        (5, 12, (4, 22), (7, 0)),
        (6, 23, (4, 22), (7, 0)),
    ],
)
def test_a_night_is_from_ten_to_six_and_a_weekend_from_friday_night_to_monday_morning(
    day: int, hour: int, since: tuple[int, int] | None, until: tuple[int, int] | None
) -> None:
    moment = MONDAY + timedelta(days=day, hours=hour, minutes=59)
    engine = small(1, occurred_at=[moment], actor=["root"], actor_type=["admin"])
    found = nights_of_admins(engine, WEEK).rows()
    at = [MONDAY + timedelta(days=days, hours=hours) for days, hours in (since, until)] if since and until else []
    assert found == ([("root", *at, 1)] if at else [])


def test_of_an_administrators_night_everything_counts_and_of_others_nothing() -> None:
    night = MONDAY + timedelta(hours=23)
    engine = small(
        5, occurred_at=[night + timedelta(minutes=n) for n in range(5)], actor=["root", "root", "ann", None, "root"],
        actor_type=["admin", "user", "user", "admin", "admin"],
    )  # fmt: skip
    (row,) = nights_of_admins(engine, WEEK).rows(named=True)
    assert (row["actor"], row["events"]) == ("root", 3)
    assert views.count(engine, EventFilter(since=row["since"], until=row["until"], actor=("root",))) == 3
