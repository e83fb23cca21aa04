"""The rules of what stands out, each by a log that fulfils it and one that just does not."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.events.filter import EventFilter
from dashboard.query import views
from dashboard.query.polars_engine import PolarsEngine
from dashboard.query.standing_out import Kind, Standout, first_countries, standing_out
from tests.query.test_views import small

DAY = timedelta(days=1)
END = datetime(2026, 11, 24, tzinfo=UTC)
WINDOW = EventFilter(since=END - 14 * DAY, until=END)
LOGIN = {"category": "Auth", "action": "Login Failed", "outcome": "failure", "actor": "jonas", "region": "Berlin"}


def log_of(*groups: tuple[int, float, dict[str, object]]) -> PolarsEngine:
    """So many events, each group so many days before the end, minutes apart."""
    rows = [
        {
            "occurred_at": END - days * DAY + timedelta(minutes=n),
            **{name: each(value, n) for name, value in kind.items()},
        }
        for count, days, kind in groups
        for n in range(count)
    ]
    names = sorted({name for row in rows for name in row})
    return small(len(rows), **{name: [row.get(name) for row in rows] for name in names})


def each(value: object, n: int) -> object:
    return value(n) if callable(value) else value


def found(engine: PolarsEngine, kind: Kind) -> list[Standout]:
    everything = standing_out(engine, WINDOW)
    for one in everything:
        assert views.count(engine, one.meant) == one.events
    return [one for one in everything if one.kind is kind]


def test_twenty_failed_logins_of_an_account_stand_out_and_nineteen_do_not() -> None:
    (one,) = found(log_of((20, 3, LOGIN), (19, 5, LOGIN)), Kind.PASSWORDS)
    assert (one.name, one.events, one.usual, one.at) == ("jonas", 20, 0, END - 3 * DAY)


def test_what_happens_every_day_does_not_stand_out() -> None:
    daily = [(20, float(day), LOGIN) for day in range(1, 15)]
    assert found(log_of(*daily), Kind.PASSWORDS) == []
    (one,) = found(log_of(*daily, (80, 2, LOGIN)), Kind.PASSWORDS)
    assert (one.events, one.usual) == (100, 20)


def test_ten_accounts_tried_from_one_region_stand_out() -> None:
    spread = {**LOGIN, "actor": lambda n: f"user-{n % 10}"}
    (one,) = found(log_of((15, 4, spread)), Kind.ACCOUNTS)
    assert (one.name, one.accounts, one.events) == ("Berlin", 10, 15)
    assert found(log_of((15, 4, {**LOGIN, "actor": lambda n: f"user-{n % 9}"})), Kind.ACCOUNTS) == []


def test_much_that_somebody_deletes_stands_out_and_what_the_system_deletes_does_not() -> None:
    deleted = {"category": "Backup", "action": "Backup Deleted", "outcome": "success"}
    engine = log_of((30, 2, {**deleted, "actor": "temp.ops"}), (500, 3, deleted))
    (one,) = found(engine, Kind.DELETIONS)
    assert (one.name, one.events) == ("temp.ops", 30)


def test_failures_of_a_category_stand_out_and_failed_logins_are_told_by_account_instead() -> None:
    failed = {"category": "Backup", "action": "Backup Failed", "outcome": "failure"}
    engine = log_of((24, 2, failed), (30, 2, LOGIN))
    (one,) = found(engine, Kind.FAILURES)
    assert (one.name, one.events) == ("Backup", 24)


def test_a_country_is_new_that_an_account_did_not_act_from_in_the_thirty_days_before() -> None:
    acted = {"category": "Repo", "action": "x", "outcome": "success"}
    engine = log_of(
        (3, 20, {**acted, "actor": "deniz", "country": "TR"}), (2, 2, {**acted, "actor": "deniz", "country": "TR"}),
        (4, 2, {**acted, "actor": "deniz", "country": "BR"}), (1, 1, {**acted, "actor": "new", "country": "CL"}),
        (9, 1, {**LOGIN, "actor": "deniz", "country": "RO"}),
        (1, 20, {**acted, "actor": "elif", "country": "DE"}), (1, 60, {**acted, "actor": "elif", "country": "FR"}),
        (1, 1, {**acted, "actor": "elif", "country": "FR"}),
    )  # fmt: skip
    assert first_countries(engine, WINDOW).select("actor", "country", "events").rows() == [
        ("elif", "FR", 1), ("deniz", "BR", 4),
    ]  # fmt: skip
    assert [(one.name, one.country, one.events) for one in found(engine, Kind.COUNTRY)] == [
        ("elif", "FR", 1), ("deniz", "BR", 4),
    ]  # fmt: skip


def test_an_empty_log_has_nothing_that_stands_out() -> None:
    assert standing_out(small(occurred_at=[]), WINDOW) == ()


def test_days_need_both_ends() -> None:
    with pytest.raises(ValueError, match="both ends"):
        standing_out(small(occurred_at=[]), EventFilter(since=END))
