"""The drawer: the events around one, who else, the steps, the comparison and the history, by the sample's rule."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.reading import log_rows
from tests.pages.test_audit_logs import again, links, opened, texts
from tests.web import sample

NEWEST = datetime(2026, 11, 23, 8, tzinfo=UTC)
STEP = timedelta(minutes=23)
ID = 9_000_000_000_000_000_000
NUMBER = 2_000  # kind 5 (User Invited), person 0, region 0, target 2, address 85.105.5.1
EVIL = (
    sample.HOSTILE,
    "\u202e" + "שלום 👩\u200d💻 www.evil.example " + "x" * 5_000,
    '"><img src=x onerror=alert(1)>',
)


def button(at: AppTest, key: str) -> AppTest:
    next(one for one in at.button if one.key == key).click()
    return again(at)


def section(at: AppTest, name: str, key: str = "drawer-section") -> AppTest:
    next(one for one in at.segmented_control if one.key and one.key.startswith(key)).set_value(name)
    return again(at)


def drawer(number: int = NUMBER, name: str | None = None, **params: str | list[str]) -> AppTest:
    at = opened(event=str(ID + number), **params)
    at._page_hash = ""  # as in a browser: asked for by `switch_page` again and again, the page forgets its widgets
    return section(at, name) if name else at


def listed(at: AppTest) -> list[int]:
    return [int(one.key[5:]) - ID for one in at.button if one.key and one.key.startswith("open:")]


@pytest.mark.parametrize(
    ("kin", "apart"), [("Same actor", 4), ("Same target", 9), ("Same time", 1), ("Same address", 1400)]
)
def test_five_before_and_after_are_those_of_the_same_kind(log: sample.SampleService, kin: str, apart: int) -> None:
    people = pl.col("actor") == sample.PEOPLE[0]
    same = {
        "Same actor": people, "Same target": pl.col("target") == "gitsec/payments-2", "Same time": pl.lit(True),
        "Same address": pl.col("source_ip") == "85.105.5.1",
    }[kin]  # fmt: skip
    whole = log.events.filter(same).sort("seq", descending=True)["seq"].to_list()
    place = whole.index(NUMBER)
    at = section(drawer(name="Around it"), kin, "around-")
    assert listed(at) == [seq for seq in whole[max(0, place - 5) : place + 6] if seq != NUMBER]
    assert NUMBER - apart in listed(at)
    assert "**this event**" in texts(at)


def test_more_are_shown_as_they_are_asked_for_and_each_opens(log: sample.SampleService) -> None:
    at = section(drawer(name="Around it"), "Same time", "around-")
    button(at, "more-earlier")
    assert listed(at) == [n for n in range(NUMBER + 5, NUMBER - 11, -1) if n != NUMBER]
    button(at, f"open:{ID + NUMBER - 7}")
    assert at.query_params["event"] == str(ID + NUMBER - 7)
    assert listed(at) == [n for n in range(NUMBER - 2, NUMBER - 13, -1) if n != NUMBER - 7]


def test_what_is_around_is_shown_in_the_log_by_its_filter(log: sample.SampleService) -> None:
    at = section(drawer(name="Around it", sort="region:asc"), "Same actor", "around-")
    shown = listed(at)
    button(at, "around-in-log")
    assert at.query_params["actor"] == sample.PEOPLE[0]
    numbers = [int(words.split()[2].rstrip(":")) for words in log_rows(at)["description"]]
    assert numbers == sorted([*shown, NUMBER], reverse=True)
    assert "event" not in at.query_params
    assert "sort" not in at.query_params


def test_who_else_counts_the_others_of_the_same_action(log: sample.SampleService) -> None:
    at = drawer(name="Who else")
    assert "Nobody else within 1 day before and after." in texts(at)
    next(toggle for toggle in at.toggle if toggle.key == "who-target").set_value(False)
    at = again(at)
    moment = NEWEST - STEP * (2_399 - NUMBER)
    times = pl.col("occurred_at").is_between(moment - timedelta(days=1), moment + timedelta(days=1), closed="left")
    others = log.events.filter(times, pl.col("action") == "User Invited", pl.col("actor") != sample.PEOPLE[0])
    counts = others.group_by("actor").len().sort(["len", "actor"], descending=[True, False])
    said = texts(at)
    assert all(f"{count} events, last " in said for count in counts["len"])
    button(at, "who:0")
    assert at.query_params["action"] == "User Invited"
    first = at.query_params["actor"]
    assert len(log_rows(at)) == others.filter(pl.col("actor") == first).height == counts["len"][0]


def test_steps_follow_the_list_over_the_end_of_a_page(log: sample.SampleService) -> None:
    at = drawer(2_300, range="all")  # the last of page 1, since 2,399 is the first
    assert "100 of 2,400" in texts(at)
    button(at, "step-next")
    assert (at.query_params["event"], at.query_params["page"]) == (str(ID + 2_299), "2")
    assert "101 of 2,400" in texts(at)
    button(at, "step-previous")
    assert at.query_params["event"] == str(ID + 2_300)
    assert "page" not in at.query_params


def test_steps_stay_within_the_filter_and_end_with_it(log: sample.SampleService) -> None:
    at = drawer(1, range="all", category="Auth", page="7")  # the oldest but one of Auth
    assert f"{len(log.events.filter(pl.col('category') == 'Auth')) - 1:,} of" in texts(at)
    button(at, "step-next")
    assert at.query_params["event"] == str(ID)
    assert next(one for one in at.button if one.key == "step-next").disabled


def test_an_event_of_another_page_is_sought_and_one_of_no_page_has_no_steps(log: sample.SampleService) -> None:
    at = drawer(2_000, range="all")
    assert "400 of 2,400" in texts(at)
    button(at, "step-next")
    assert (at.query_params["event"], at.query_params["page"]) == (str(ID + 1_999), "5")
    outside = drawer(2_000, range="all", category="Auth")
    assert "not in this view" in texts(outside)
    assert all(one.disabled for one in outside.button if one.key and one.key.startswith("step-"))


def test_events_are_added_compared_and_taken_out(log: sample.SampleService) -> None:
    at = button(drawer(2_000), "compare-toggle")
    assert at.query_params["compare"] == str(ID + 2_000)
    assert "Open another event and add it" in texts(at)
    at = opened(compare=[str(ID + 2_000), str(ID + 2_007)])
    table = next(html for html in links(at).split("\n") if "<table" in html)
    assert "User Invited" not in table  # equal: folded away
    assert sample.PEOPLE[3] not in table
    assert ">2007</ins>: user invited" in table
    assert "details: n</th>" in table
    button(at, f"compare:{ID + 2_007}")
    assert at.query_params["compare"] == str(ID + 2_000)
    assert "<table" not in links(at)


def test_an_event_that_is_not_there_is_named_in_the_tray(log: sample.SampleService) -> None:
    at = opened(compare=["7", str(ID)])
    assert "no event 7" in [one.label for one in at.button]
    assert "<table" not in links(at)


def test_no_more_than_six_are_compared(log: sample.SampleService) -> None:
    at = drawer(2_000, compare=[str(ID + n) for n in range(6)])
    assert next(one for one in at.button if one.key == "compare-toggle").disabled
    assert "there are more than 6 events" in texts(opened(compare=[str(ID + n) for n in range(7)]))


def test_a_target_s_history_says_what_changed(log: sample.SampleService) -> None:
    at = drawer(9, name="History")  # target 0: events 0, 9, 18 and so on
    assert listed(at) == [54, 45, 36, 27, 18, 0]
    assert "The first event on this target." in links(at)
    assert ">0</del>" in links(at)
    assert "more-earlier" not in [one.key for one in at.button]


@pytest.mark.parametrize("evil", EVIL, ids=["markup", "rtl", "tags"])
def test_hostile_text_stays_text_in_every_section(log: sample.SampleService, evil: str) -> None:
    said = {"actor": evil[:500], "target": evil[:500], "action": evil[:200], "description": evil, "user_agent": evil}
    moment = NEWEST + timedelta(minutes=1)
    details = pl.Series([{"k": evil}]).struct.json_encode().item()
    log.append([sample.row(n, moment, **said, details=details, source_ip="10.0.0.1") for n in (2_400, 2_401)])
    log.append([sample.row(2_402, moment, **said | {"actor": "other", "description": "<i>" + evil}, details="{}")])
    at = drawer(2_401, compare=[str(ID + n) for n in (2_400, 2_402)])
    for name in ("Around it", "Who else", "History"):
        section(at, name)
        assert not any(tag in links(at) for tag in ("<script>alert", "<img", "<i>", 'javascript:alert(1)"'))
        assert "\u202e" not in links(at)
        assert all("<script>" not in one.value and "www.evil" not in one.value for one in (*at.markdown, *at.caption))
    assert "&lt;" in links(at) or "\\u{202e}" in links(at)
