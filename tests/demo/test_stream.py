"""The demo's events: a pure function of plan and time, alive in their rhythm, about as many as asked."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from dashboard.demo import stream
from dashboard.demo.readable import FIELDS
from dashboard.events.vocabulary import outcome_of

NOW = datetime(2026, 11, 23, 8, 11, 57, 123456, tzinfo=UTC)


@pytest.fixture(scope="module")
def made() -> stream.Plan:
    return stream.plan(events=60_000, days=90, seed=7, now=NOW)


@pytest.fixture(scope="module")
def table(made: stream.Plan) -> pl.DataFrame:
    return stream.frame(made, made.start, NOW)


def test_same_seed_gives_the_same_events_and_another_seed_others(made: stream.Plan, table: pl.DataFrame) -> None:
    again = stream.plan(events=60_000, days=90, seed=7, now=NOW)
    assert again == made
    assert stream.frame(again, again.start, NOW).equals(table)
    other = stream.plan(events=60_000, days=90, seed=8, now=NOW)
    shared = set(stream.frame(other, other.start, NOW)["native_id"]) & set(table["native_id"])
    assert len(shared) == 0


def test_demos_begun_at_different_hours_of_a_day_agree(made: stream.Plan) -> None:
    assert stream.plan(events=60_000, days=90, seed=7, now=NOW + timedelta(hours=9)) == made


def test_plan_survives_its_file(made: stream.Plan) -> None:
    assert stream.Plan.from_json(made.to_json()) == made


@pytest.mark.parametrize(
    "cut",
    [timedelta(microseconds=1), timedelta(minutes=17), timedelta(hours=30), timedelta(days=8), timedelta(days=61)],
)
def test_pieces_are_the_whole(made: stream.Plan, table: pl.DataFrame, cut: timedelta) -> None:
    before = stream.frame(made, made.start, NOW - cut)
    after = stream.frame(made, NOW - cut, NOW, first_seq=before.height + 1)
    assert pl.concat([before, after]).equals(table)


def test_top_up_months_later_never_changes_the_past(made: stream.Plan, table: pl.DataFrame) -> None:
    later = stream.frame(made, made.start, NOW + timedelta(days=100))
    assert later.head(table.height).equals(table)


@pytest.mark.parametrize(
    ("events", "days", "seed"),
    [(60_000, 90, 1), (200_000, 90, 7), (20_000, 30, 1), (10_000, 90, 7), (60_000, 30, 7), (2_000, 90, 1)],
)
def test_volume_is_about_what_was_asked(events: int, days: int, seed: int) -> None:
    plan = stream.plan(events=events, days=days, seed=seed, now=NOW)
    assert stream.count(plan, plan.start, NOW) == pytest.approx(events, rel=0.05)


def test_numbers_and_ids_are_gapless_and_unique(table: pl.DataFrame) -> None:
    assert table["source_seq"].to_list() == list(range(1, table.height + 1))
    assert table["native_id"].n_unique() == table.height
    assert table["occurred_at"].is_sorted()
    assert table["occurred_at"].max() < NOW


def test_events_are_valid_and_keep_what_the_frame_says(table: pl.DataFrame) -> None:
    some = table.sample(3000, seed=1)
    for event, row in zip(stream.events(some), some.iter_rows(named=True), strict=True):
        assert {name: getattr(event, name) for name in FIELDS} == row
        assert event.imported
        assert event.outcome == outcome_of(event.action)


def test_the_system_has_no_actor_and_no_address(table: pl.DataFrame) -> None:
    system = table.filter(pl.col("actor_type") == "system")
    assert system.height > 10_000
    assert system.select(pl.col("actor", "actor_id", "source_ip", "user_agent").is_null().all()).row(0) == (True,) * 4
    people = table.filter(pl.col("actor_type").is_in(["user", "admin", "token"]))
    assert people.select(pl.col("actor", "source_ip").is_not_null().all()).row(0) == (True, True)


def test_people_rest_at_night_and_on_weekends_and_timers_never_do(table: pl.DataFrame) -> None:
    berlin = ["92.224.192.", "92.224.193."]
    desk = table.filter(pl.col("source_ip").str.starts_with(berlin[0]) | pl.col("source_ip").str.starts_with(berlin[1]))
    hours = desk.filter(pl.col("action") != "Logged Out").group_by(pl.col("occurred_at").dt.hour()).len()
    by_hour = dict(hours.iter_rows())
    assert sum(by_hour.get(h, 0) for h in range(8, 16)) > 12 * sum(by_hour.get(h, 0) for h in (0, 1, 2, 3, 4, 22, 23))
    people = table.filter(pl.col("actor_type").is_in(["user", "admin"]))
    weekday = people.filter(pl.col("occurred_at").dt.weekday() <= 5).height / 5
    weekend = people.filter(pl.col("occurred_at").dt.weekday() > 5).height / 2
    assert weekend < 0.2 * weekday
    timers = table.filter(
        (pl.col("action") == "Triggered By Timer") & (pl.col("occurred_at") < NOW.replace(hour=0, minute=0))
    )
    per_day = timers.group_by(pl.col("occurred_at").dt.date()).len()["len"]
    assert per_day.max() - per_day.min() <= 2  # the weekly ones


def test_berlin_has_a_lunch_dip(table: pl.DataFrame) -> None:
    own = table.filter(pl.col("actor_type").is_in(["user", "admin"]) & (pl.col("action") == "Logged In"))
    berlin = own.filter(pl.col("source_ip").str.starts_with("92.224.192."))
    local = berlin.group_by(pl.col("occurred_at").dt.convert_time_zone("Europe/Berlin").dt.hour().alias("hour")).len()
    hours = dict(local.iter_rows())
    assert hours[12] + hours[13] < 0.8 * (hours[10] + hours[11])


def test_failure_rates_are_believable(table: pl.DataFrame) -> None:
    counts = dict(table.group_by("action").len().iter_rows())
    assert 0.005 < counts["Backup Failed"] / counts["Backup Completed"] < 0.04
    assert counts["Login Failed"] < 0.5 * counts["Logged In"]
    assert {
        "Auth",
        "Backup",
        "Restore",
        "Repository",
        "Schedule",
        "Storage",
        "User",
        "Role",
        "Policy",
        "Token",
        "Account",
    } == set(table["category"])


def test_every_backup_that_starts_ends(table: pl.DataFrame) -> None:
    settled = table.filter(
        (pl.col("category") == "Backup")
        & (pl.col("occurred_at") < NOW - timedelta(hours=2))
        & pl.col("description").str.starts_with("Backup of")
        & ~pl.col("description").str.ends_with("retention-90d")
    )
    ends = settled.group_by("request_id", "target").agg(
        started=(pl.col("action") == "Backup Started").sum(),
        ended=pl.col("action").is_in(["Backup Completed", "Backup Failed"]).sum(),
    )
    timed = ends.filter(pl.col("started") > 0)
    assert (timed["ended"] < timed["started"]).mean() < 0.002


def test_details_are_json(table: pl.DataFrame) -> None:
    texts = table["details"].drop_nulls()
    assert texts.len() > 0.4 * table.height
    assert texts.str.json_path_match("$").is_not_null().all()
