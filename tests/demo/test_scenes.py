"""Each planted story can be found in a fresh demo, by what its telling says."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from dashboard.demo import places, stream
from dashboard.demo.stories import CYCLE_DAYS, EARLIEST_DAYS_BEFORE, STORIES
from dashboard.events.filter import EventFilter

NOW = datetime(2026, 11, 23, 8, 11, 57, tzinfo=UTC)


def located(table: pl.DataFrame) -> pl.DataFrame:
    """The frame with the region and country that a lookup gives."""
    addresses = table.select(pl.col("source_ip").unique()).drop_nulls()
    numbers = addresses["source_ip"].str.split(".").list.eval(pl.element().cast(pl.Int64)).to_list()
    found = places.whereabouts(
        pl.Series([sum(o << s for o, s in zip(n, (24, 16, 8, 0), strict=True)) for n in numbers]).to_numpy()
    )
    assert (found >= 0).all()
    named = addresses.with_columns(
        region=pl.Series([places.ALL[i].region for i in found]),
        country=pl.Series([places.ALL[i].country for i in found]),
    )
    return table.join(named, on="source_ip", how="left", maintain_order="left")


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    made = stream.plan(events=60_000, days=90, seed=7, now=NOW)
    return located(stream.frame(made, made.start, NOW))


def on_day(table: pl.DataFrame, days_before: int, days: int = 1) -> pl.DataFrame:
    begin = datetime.combine(NOW.date() - timedelta(days=days_before), datetime.min.time(), UTC)
    return table.filter((pl.col("occurred_at") >= begin) & (pl.col("occurred_at") < begin + timedelta(days=days)))


def test_brute_force_peaks_in_one_region_and_ends_inside(table: pl.DataFrame) -> None:
    failed = on_day(table, 2).filter(pl.col("action") == "Login Failed")
    top = failed.group_by("region").len().sort("len", descending=True).row(0)
    assert top[0] == "București"
    assert top[1] > 150
    theirs = on_day(table, 2).filter((pl.col("region") == "București") & (pl.col("actor") == "jonas.weber"))
    actions = theirs["action"].to_list()
    entry = actions.index("Logged In")
    assert set(actions[:entry]) == {"Login Failed"}
    assert actions[entry:].count("Backup Downloaded") == 6
    assert {"Two-Factor Disabled", "Token Created", "Logged Out"} <= set(actions[entry:])


def test_spraying_touches_many_accounts_a_few_times_each(table: pl.DataFrame) -> None:
    tries = on_day(table, 5).filter(
        (pl.col("action") == "Login Failed")
        & pl.col("region").is_in(["Hauts-de-France", "North Holland"])
        & pl.col("actor").is_not_null()
    )
    per_account = tries.group_by("actor").len()["len"]
    assert per_account.len() == 45
    assert per_account.max() <= 3
    assert tries["source_ip"].n_unique() == 6
    assert (
        table.filter(
            pl.col("source_ip").is_in(tries["source_ip"].unique().to_list()) & (pl.col("action") == "Logged In")
        ).height
        == 0
    )


def test_journey_takes_forty_minutes(table: pl.DataFrame) -> None:
    logins = on_day(table, 1).filter((pl.col("actor") == "deniz.arslan") & (pl.col("action") == "Logged In"))
    far = logins.filter(pl.col("region") == "São Paulo")
    near = logins.filter((pl.col("region") == "Istanbul") & (pl.col("occurred_at") < far["occurred_at"][0]))
    assert far.height == 1
    assert far["occurred_at"][0] - near["occurred_at"][-1] == timedelta(minutes=40)


def test_mass_deletion_is_done_by_a_fresh_admin_and_undone(table: pl.DataFrame) -> None:
    night = table.filter(pl.col("actor") == "temp.ops")
    counts = dict(night.group_by("action").len().iter_rows())
    assert counts["Repository Deleted"] == 38
    assert counts["Backup Deleted"] == 54
    made = table.filter((pl.col("action") == "User Created") & (pl.col("target") == "temp.ops"))
    assert night["occurred_at"][0] - made["occurred_at"][0] < timedelta(minutes=30)
    deleted = set(night.filter(pl.col("action") == "Repository Deleted")["target"])
    restored = on_day(table, 7).filter(pl.col("action") == "Restore Completed")
    assert deleted <= set(restored["target"])
    usual = table.filter((pl.col("actor") != "temp.ops") & (pl.col("action") == "Repository Deleted"))
    assert usual.group_by(pl.col("occurred_at").dt.date()).len()["len"].max() < 10


def test_token_is_used_from_a_new_country_and_then_no_more(table: pl.DataFrame) -> None:
    calls = table.filter(pl.col("actor") == "ci-nightly")
    assert set(calls["country"]) == {"DE", "CL"}
    abroad = calls.filter(pl.col("country") == "CL")
    assert abroad.filter(pl.col("action") == "Backup Downloaded").height == 64
    revoked = table.filter((pl.col("action") == "Token Revoked") & (pl.col("target") == "ci-nightly"))["occurred_at"][0]
    assert calls["occurred_at"].max() < revoked
    assert table.filter(pl.col("actor") == "ci-nightly-2")["occurred_at"].min() > revoked


def test_outage_fails_every_backup_to_one_storage(table: pl.DataFrame) -> None:
    hours = on_day(table, 11).filter(pl.col("occurred_at").dt.hour().is_between(14, 15))
    azure = hours.filter(
        pl.col("details").str.contains("azure-west-europe")
        & pl.col("action").is_in(["Backup Completed", "Backup Failed"])
    )
    assert azure.height >= 2
    unreachable = hours.filter(pl.col("description").str.contains("azure-west-europe unreachable"))
    assert unreachable.height > 20
    late = azure.filter(pl.col("action") == "Backup Completed")
    assert late.height == 0


def test_every_story_has_a_valid_filter_that_finds_something_in_the_last_thirty_days(table: pl.DataFrame) -> None:
    recent = table.filter(pl.col("occurred_at") > NOW - timedelta(days=30))
    for story in STORIES:
        asked = EventFilter.from_params([*story.params, ("last", "30d")])
        assert asked.to_params()
        found = recent
        for name in ("actor", "action", "region", "country", "outcome"):
            values = [value for key, value in story.params if key == name]
            found = found.filter(pl.col(name).is_in(values)) if values else found
        for text in (value for key, value in story.params if key == "search"):
            found = found.filter(pl.col("description").str.contains(text) | (pl.col("target") == text))
        assert found.height > 3, story.name
        assert found.height < 250, story.name


def test_several_stories_are_in_the_last_week() -> None:
    assert sum(story.days_before <= 6 for story in STORIES) >= 4
    assert max(story.days_before for story in STORIES) <= EARLIEST_DAYS_BEFORE <= CYCLE_DAYS


def test_stories_come_again_every_four_weeks() -> None:
    made = stream.plan(events=60_000, days=90, seed=7, now=NOW)
    later = datetime.combine(date(2026, 11, 23) + timedelta(days=CYCLE_DAYS), datetime.min.time(), UTC)
    table = located(stream.frame(made, NOW, later))
    assert "migration.helper" in set(table["actor"])
    abroad = table.filter((pl.col("actor_type") == "token") & (pl.col("country") == "CL"))
    assert set(abroad["actor"]) == {"ci-nightly-2"}
