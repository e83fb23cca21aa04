from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from dashboard.events.columns import SCHEMA
from dashboard.events.filter import EventFilter
from dashboard.events.times import EARLIEST, LATEST
from dashboard.query.sort import NEWEST_FIRST, Sort
from dashboard.web import url
from dashboard.web.event import around, history, who_else
from tests.web import sample
from tests.web.event.test_marked import Read

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (timedelta(minutes=-3), "3 minutes earlier"),
        (timedelta(days=1), "1 day later"),
        (timedelta(), "same second"),
        (timedelta(milliseconds=-20), "same second"),
    ],
)
def test_how_far_apart_is_said_in_words(away: timedelta, said: str) -> None:
    assert around.apart(NOW + away, NOW) == said


def test_what_is_shown_becomes_exactly_the_log_s_filter() -> None:
    rows = pl.DataFrame([sample.row(n, NOW - timedelta(hours=n)) for n in range(3)], schema=dict(SCHEMA), orient="row")
    view = url.View(all_time=True, sort=Sort("actor"), page=3, event=7, compare=(1, 2))
    shown = around.shown_in_log(view, EventFilter(actor=("a",)), rows)
    since, until = NOW - timedelta(hours=2), NOW + timedelta(microseconds=1)
    wanted = EventFilter(actor=("a",), since=since, until=until)
    assert shown == url.View(filter=wanted, sort=NEWEST_FIRST, compare=(1, 2))


@pytest.mark.parametrize(("column", "value"), [("actor", "(none)"), ("source_ip", "10.0.0.1"), ("target", "\\x")])
def test_a_kin_is_the_filter_of_the_event_s_own_value(column: str, value: str) -> None:
    kin = next(kin for kin in around.KINS if kin.column == column)
    event = sample.row(0, NOW, **{column: value})
    written = {"(none)": "\\(none)", "\\x": "\\\\x"}.get(value, value)
    assert kin.filter(event).values() == {kin.field: (written,)}


def test_a_summary_is_a_label_without_markup_and_red_for_a_failure_only() -> None:
    row = sample.row(1, NOW, action=sample.HOSTILE, actor=sample.HOSTILE, outcome="success")
    assert "**bold**" not in around.summary(row, with_actor=True)
    assert not around.summary(row, with_actor=True).startswith(":red[")
    assert around.summary(sample.row(1, NOW), with_actor=True).startswith(":red[Login Failed]")


def test_others_are_those_of_the_same_action_and_target_in_the_window() -> None:
    event = sample.row(1, NOW)
    wanted = who_else.others(event, timedelta(hours=1), on_target=True)
    hour = timedelta(hours=1)
    assert wanted == EventFilter(
        category=("Auth",), action=("Login Failed",), not_actor=(sample.PEOPLE[1],), target=("gitsec/payments-1",),
        since=NOW - hour, until=NOW + hour,
    )  # fmt: skip
    assert who_else.others(event | {"actor": None}, hour, on_target=False).values() == {
        "category": ("Auth",), "action": ("Login Failed",), "not_actor": ("(none)",),
    }  # fmt: skip


@pytest.mark.parametrize("moment", [EARLIEST, LATEST])
def test_a_window_ends_where_time_does(moment: datetime) -> None:
    wanted = who_else.others(sample.row(1, moment), timedelta(weeks=1), on_target=False)
    assert wanted.since is not None
    assert wanted.until is not None
    assert wanted.since >= EARLIEST
    assert wanted.until <= LATEST


def test_a_change_says_what_was_before_and_what_is_after() -> None:
    before = sample.row(0, NOW, details='{"keep":7,"old":true}', source_ip=None, region=None)
    after = sample.row(
        7, NOW, actor=before["actor"], details='{"keep":30,"new":"<b>"}', description=before["description"]
    )
    said = Read(history.differences(before, after))
    assert said.text == 'IP Address— → 85.105.0.8Region— → Ontariokeep7 → 30oldtruenew"<b>"'
    assert said.tags.count("ins") == 4
    assert said.tags.count("del") == 4


def test_an_event_that_repeats_the_one_before_says_so() -> None:
    row = sample.row(0, NOW)
    assert "Nothing differs" in history.differences(row, row | {"id": 1, "seq": 1})


def test_details_of_very_many_keys_are_cut() -> None:
    row = sample.row(0, NOW, details="{}")
    many = "{" + ",".join(f'"k{n}":{n}' for n in range(100)) + "}"
    assert Read(history.differences(row, row | {"details": many})).text.endswith("and 60 more keys")
