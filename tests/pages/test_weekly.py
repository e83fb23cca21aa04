"""Weekly: its numbers counted by hand, and that each opens exactly the events that it counts."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.reading import again, cells, counted, links, opened, table, texts
from tests.web import sample

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
NOW = datetime(2026, 11, 23, 8, 10, 30, tzinfo=UTC)  # a Monday
MONDAY, MINUTE = datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 23, 8, 11, tzinfo=UTC)
BY_DAY, ACTIVE, DELETED = "Events by day and category", "Account: events and their course", "What was deleted"
FAILED_LOGIN = (pl.col("category") == "Auth") & (pl.col("action") == "Login Failed")


@pytest.fixture
def week(log: sample.SampleService) -> sample.SampleService:
    """The log at ten past eight of its newest Monday, with 30 deletions in the week before."""
    log.now = NOW
    kinds = ("Repository Deleted", "Backup Deleted")
    log.append(
        [
            sample.row(
                2400 + n, MONDAY - 5 * DAY + n * timedelta(minutes=9), category="Repo", action=kinds[n % 2], actor="x y"
            )
            for n in range(30)
        ]
    )
    return log


def within(log: sample.SampleService, since: datetime, until: datetime) -> pl.DataFrame:
    return log.events.filter(pl.col("occurred_at").is_between(since, until, closed="left"))


def test_a_finished_week_is_compared_with_the_week_before(week: sample.SampleService) -> None:
    at = opened("weekly.py", week="2026-W47")
    since = MONDAY - WEEK
    told = {metric.label: (metric.value, metric.delta) for metric in at.metric}
    now, before = within(week, since, MONDAY), within(week, since - WEEK, since)
    assert told["Events"] == (f"{now.height:,}", f"week before {before.height:,}")
    assert told["Failed logins"][0] == f"{now.filter(FAILED_LOGIN).height:,}"
    assert told["Deletions by people"] == ("30", "week before 0")
    assert "ISO week 2026-W47, Monday 16 Nov 2026 00:00 UTC, seven days" in texts(at)


def test_an_unfinished_week_is_compared_with_the_same_part_of_the_last(week: sample.SampleService) -> None:
    at = opened("weekly.py")
    now, before = within(week, MONDAY, MINUTE).height, within(week, MONDAY - WEEK, MINUTE - WEEK).height
    assert (at.metric[0].value, at.metric[0].delta) == (f"{now:,}", f"week before {before:,}")
    assert "ISO week 2026-W48, Monday 23 Nov 2026 00:00 UTC, up to Monday 08:11 UTC" in texts(at)


def test_each_number_opens_exactly_its_events(week: sample.SampleService) -> None:
    at = opened("weekly.py", week="2026-W47")
    values = [int(metric.value.replace(",", "")) for metric in at.metric]
    opening = [link for label, link in links(at) if label == "Open these events"]
    assert [counted(week, link) for link in opening] == values[:4]
    tables = {name: cells(at, name) for name in (BY_DAY, ACTIVE, DELETED)}
    assert sum(number for number, _ in tables[DELETED]) == 30
    assert len(tables[BY_DAY]) == 7 * 8  # all and six categories; all days and seven
    for found in tables.values():
        for number, link in found:
            assert counted(week, link) == number


def test_days_and_categories_are_counted(week: sample.SampleService) -> None:
    at = opened("weekly.py", week="2026-W47")
    frame = table(at, BY_DAY).set_index("category")
    shown = [int(cell.rsplit("#", 1)[1].replace(",", "")) for cell in frame.loc["All"]]
    since = MONDAY - WEEK
    days = [within(week, since + n * DAY, since + (n + 1) * DAY) for n in range(7)]
    assert shown == [sum(day.height for day in days), *(day.height for day in days)]
    repo = within(week, since, MONDAY).filter(pl.col("category") == "Repo")
    assert frame.loc["Repo", "all"].endswith(f"#{repo.height}")
    assert "Mon 16 Nov" in next(str(one.proto) for one in at.dataframe if BY_DAY in str(one.proto))


def test_a_rare_category_has_its_numbers_too(week: sample.SampleService) -> None:
    categories = [f"Kind {n:02}" for n in range(20)]
    week.append([sample.row(2430 + n, MONDAY - DAY, category=name) for n, name in enumerate(categories)])
    at = opened("weekly.py", week="2026-W47")
    assert set(categories[:14]) < set(table(at, BY_DAY)["category"])
    assert "The 20 most frequent categories; All counts the others too" in texts(at)


def test_weeks_can_be_turned_and_chosen(week: sample.SampleService) -> None:
    at = opened("weekly.py", week="2026-W47")
    at.button(key="week-left").click()
    again(at)
    assert at.query_params["week"] == "2026-W46"
    assert "ISO week 2026-W46" in texts(at)
    at.button(key="week-right").click()
    again(at)
    assert "ISO week 2026-W47" in texts(at)
    at.selectbox[0].select("2026-W45")
    again(at)
    assert at.query_params["week"] == "2026-W45"
    assert "ISO week 2026-W45" in texts(at)
    assert "Week after" not in [button.label for button in opened("weekly.py").button]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"week": "2026-47"}, "week: '2026-47' is not a week"),
        ({"week": "2026-W54"}, "week: '2026-W54' is not a week"),
        ({"actor": "x"}, "'actor' is not a parameter of this page"),
        ({"week": ["2026-W47", "2026-W46"]}, "week: is given twice"),
    ],
)
def test_a_bad_link_is_an_error_card_and_no_rows(
    week: sample.SampleService, params: dict[str, str | list[str]], said: str
) -> None:
    at = opened("weekly.py", **params)
    assert said in texts(at)
    assert not at.metric
    assert not at.dataframe


def test_a_week_without_events_has_zeros_and_no_rows(week: sample.SampleService) -> None:
    at = opened("weekly.py", week="2020-W10")
    assert at.metric[0].value == "0"
    assert not at.dataframe
    assert "Nobody deleted anything." in texts(at)


def test_an_empty_log_says_how_to_fill_it(log: sample.SampleService) -> None:
    log.events = log.events.clear()
    at: AppTest = opened("weekly.py")
    assert "The log is empty" in texts(at)
    assert not at.metric
