"""Overview: its numbers, counted by hand, and that each opens exactly the events that it counts."""

from datetime import UTC, datetime, timedelta
from statistics import median

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.web.answers import Screen
from dashboard.web.serving.service import Status
from tests.pages.reading import again, counted, links, opened, texts
from tests.web import sample

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
NOW = datetime(2026, 11, 23, 12, 30, 30, tzinfo=UTC)
MIDNIGHT, MINUTE = NOW.replace(hour=0, minute=0, second=0), NOW.replace(minute=31, second=0)
FAILED_LOGIN = (pl.col("category") == "Auth") & (pl.col("action") == "Login Failed")


@pytest.fixture
def today(log: sample.SampleService) -> sample.SampleService:
    """The log at half past twelve of the day of its newest event, with 22 deletions by people and 3 by the system."""
    log.now = NOW
    log.append(
        [
            sample.row(2400 + n, MIDNIGHT + n * timedelta(minutes=9), action="Repository Deleted", category="Repo")
            for n in range(25)
        ]
    )
    return log


def within(log: sample.SampleService, since: datetime, until: datetime) -> pl.DataFrame:
    return log.events.filter(pl.col("occurred_at").is_between(since, until, closed="left"))


def test_each_number_is_counted_and_compared_with_the_same_part_of_the_day(today: sample.SampleService) -> None:
    metrics = {metric.label: metric for metric in opened("overview.py").metric}
    measured = {
        "Events": lambda rows: rows.height,
        "Failed logins": lambda rows: rows.filter(FAILED_LOGIN).height,
        "Failures of any kind": lambda rows: rows.filter(pl.col("outcome") == "failure").height,
        "Deletions by people": lambda rows: (
            rows.filter(pl.col("action").str.contains("Deleted"), pl.col("actor").is_not_null()).height
        ),
        "Active accounts": lambda rows: rows["actor"].drop_nulls().n_unique(),
    }
    assert metrics.keys() == measured.keys()
    for label, measure in measured.items():
        value = measure(within(today, MIDNIGHT, MINUTE))
        usual = median(measure(within(today, MIDNIGHT - k * WEEK, MINUTE - k * WEEK)) for k in range(1, 5))
        assert metrics[label].value == f"{value:,}"
        assert metrics[label].delta == f"usual {f'{usual:.1f}'.removesuffix('.0')}"
    assert metrics["Deletions by people"].value == "22"


def test_each_number_opens_exactly_its_events(today: sample.SampleService) -> None:
    at = opened("overview.py")
    found = links(at)
    values = [int(metric.value.replace(",", "")) for metric in at.metric]
    opening = [link for label, link in found if label in ("Open these events", "Open what they did")]
    assert [counted(today, link) for link in opening[:4]] == values[:4]
    named = within(today, MIDNIGHT, MINUTE)["actor"].drop_nulls()
    assert (counted(today, opening[4]), values[4]) == (named.len(), named.n_unique())
    for words in ("failed logins in 14 days", "events in 14 days", "failures"):
        label, link = next((label, link) for label, link in found if words in label)
        number = int("".join(c for c in label.split(words)[0] if c.isdigit()))
        assert counted(today, link) == number > 0, label


def test_what_stands_out_is_said_with_its_day(today: sample.SampleService) -> None:
    at = opened("overview.py")
    everybody = [label for label, _ in links(at) if "deletions by" in label]
    assert everybody == []
    today.append(
        [
            sample.row(2425 + n, MIDNIGHT + n * timedelta(minutes=1), action="Backup Deleted", actor="temp.ops")
            for n in range(40)
        ]
    )
    label = next(label for label, _ in links(again(at)) if "deletions by" in label)
    assert label.startswith("**40 deletions by temp\\.ops**")
    assert "Mon 23 Nov, usually 0 a day" in label


def test_a_day_without_events_shows_the_newest_day_and_says_what_to_do(today: sample.SampleService) -> None:
    today.now = NOW + 3 * DAY
    at = opened("overview.py")
    said = texts(at)
    assert "No events today" in said
    assert "Monday, 23 Nov 2026, all day, UTC" in said
    assert at.metric[0].value == f"{within(today, MIDNIGHT, MIDNIGHT + DAY).height:,}"
    assert any("auditlens append" in code.value for code in at.code)


def test_an_empty_log_says_how_to_fill_it(log: sample.SampleService) -> None:
    log.events = log.events.clear()
    at = opened("overview.py")
    assert "The log is empty" in texts(at)
    assert not at.metric


def test_a_log_of_the_future_says_so(log: sample.SampleService) -> None:
    log.now = datetime(2026, 1, 1, tzinfo=UTC)
    at = opened("overview.py")
    assert "No event has happened yet" in texts(at)
    assert not at.metric


def test_without_location_data_it_says_what_to_do(today: sample.SampleService) -> None:
    today.geo_problem = "No GeoIP database was found."
    at = opened("overview.py")
    assert "No location data, so no regions" in texts(at)
    assert any(code.value == "auditlens geo update" for code in at.code)


def test_a_first_day_has_nothing_to_compare_with(today: sample.SampleService) -> None:
    today.events = within(today, MIDNIGHT, MINUTE).with_columns(seq=pl.int_range(pl.len(), dtype=pl.Int64))
    assert {metric.delta for metric in opened("overview.py").metric} == {"nothing to compare yet"}


def test_an_unknown_parameter_is_an_error_and_nothing_else(today: sample.SampleService) -> None:
    at = opened("overview.py", actor="x")
    assert "'actor' is not a parameter of this page" in texts(at)
    assert not at.metric


def test_log_text_is_shown_as_it_is(today: sample.SampleService) -> None:
    rows = [
        sample.row(2425 + n, NOW - n * timedelta(seconds=1), actor=sample.HOSTILE, outcome="failure",
                   action="Login Failed", category="Auth", region=sample.HOSTILE)
        for n in range(30)
    ]  # fmt: skip
    today.append(rows)
    at: AppTest = opened("overview.py")
    label = next(label for label, _ in links(at) if "30 failed logins on" in label)
    assert "**bold**" not in label
    assert "\\<script\\>" in label
    assert all("<script>" not in str(element.value) for element in at.markdown)


def test_the_address_alone_leads_here_and_with_a_filter_to_the_log(today: sample.SampleService) -> None:
    assert [title.value for title in opened(None).title] == ["Overview"]
    at = opened(None, category="Auth")
    assert [title.value for title in at.title] == ["Audit Logs"]
    assert at.query_params["category"] == "Auth"


@pytest.mark.parametrize("page", ["overview.py", "security.py", "weekly.py"])
def test_new_events_are_offered_and_nothing_moves(
    today: sample.SampleService, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    at = opened(page)
    assert [button.label for button in at.button if "new" in button.label] == []
    state = Status(as_of=today.size + 1_200, waiting=0, oldest_seconds=0.0)
    monkeypatch.setattr(today, "status", lambda: state)
    assert [button.label for button in again(at).button if "new" in button.label] == ["1,200 new – show"]
    if page == "weekly.py":
        past = opened(page, week="2026-W45")
        assert [button.label for button in past.button if "new" in button.label] == []


def test_the_way_out_of_an_error_is_the_page_s_own(
    today: sample.SampleService, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened("overview.py", category="Auth")
    assert [button.label for button in at.button] == ["Open this page without parameters"]
    at.button[0].click()
    assert not again(at).button
    assert at.metric
    with monkeypatch.context() as patched:
        patched.setattr(today, "engine", lambda _=None: 1 // 0)
        at = opened("overview.py")
        assert [button.label for button in at.button] == ["Try again"]
    at.button[0].click()
    assert again(at).metric


def test_two_parts_that_fail_are_two_cards(today: sample.SampleService, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("count", "failed_logins_by_region"):
        monkeypatch.setattr(Screen, part, lambda _: 1 // 0)
    at = opened("overview.py")
    assert [button.label for button in at.button].count("Try again") > 1
    monkeypatch.undo()
    next(button for button in at.button if button.label == "Try again").click()
    assert not [button for button in again(at).button if button.label == "Try again"]
