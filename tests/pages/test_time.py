"""Times in the zone that the reader chose; the same rows in each."""

from datetime import datetime

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard.paths import APP, PAGES
from dashboard.web import zones
from dashboard.web.page_list import LOG_PATH
from tests.pages.reading import again, log_rows, opened, texts
from tests.web import sample

LAST = "2026-11-23 08:00:00 UTC"


def switch(at: AppTest) -> object:
    return next(box for box in at.selectbox if box.label == "Times in")


def first_time(at: AppTest) -> str:
    return str(log_rows(at)["occurred_at"][0])


def in_berlin(**params: str) -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=120)
    at._page_hash = calc_hash(LOG_PATH)  # switch_page finds a page of another path only after a run of the overview
    at.context = {"timezone": "Europe/Berlin"}
    for name, value in params.items():
        at.query_params[name] = value
    return again(at)


def test_utc_stands_until_somebody_chooses_and_each_page_has_the_switch(log: sample.SampleService) -> None:
    log.zone = "Asia/Kolkata"
    at = in_berlin()
    assert first_time(at).startswith(LAST)
    assert switch(at).options == ["UTC", "Europe/Berlin (yours)", "Asia/Kolkata (organisation)"]  # type: ignore[attr-defined]
    for page in ("overview.py", "weekly.py", "security.py", "integrity.py"):
        at.switch_page(str(PAGES / page))
        assert switch(again(at)).value == zones.Choice.UTC  # type: ignore[attr-defined]


def test_a_browser_in_utc_without_an_organisation_s_zone_has_nothing_to_switch(log: sample.SampleService) -> None:
    at = opened("overview.py")
    assert "Times in UTC" in texts(at)
    assert not [box for box in at.selectbox if box.label == "Times in"]


@pytest.mark.parametrize(
    ("choice", "first"),
    [(zones.Choice.OWN, "2026-11-23 09:00:00 +01:00"), (zones.Choice.ORGANISATION, "2026-11-23 13:30:00 +05:30")],
)
def test_the_times_follow_and_the_rows_stay(log: sample.SampleService, choice: zones.Choice, first: str) -> None:
    log.zone = "Asia/Kolkata"
    at = in_berlin(since="2026-11-22T00:00:00Z")
    before = log_rows(at)
    switch(at).set_value(choice)  # type: ignore[attr-defined]
    again(at)
    assert first_time(at).startswith(first)
    assert log_rows(at).drop(columns="occurred_at").equals(before.drop(columns="occurred_at"))
    assert at.query_params.get("since") in ("2026-11-22T00:00:00Z", ["2026-11-22T00:00:00Z"])
    assert any(f"from 2026-11-22 {first[-6:].strip('+')}:00 {first[-6:]}" in str(chip.label).replace("\\", "")
               for chip in at.button)  # fmt: skip


def test_the_calendar_is_read_in_that_zone_and_a_doubt_about_clocks_is_told(log: sample.SampleService) -> None:
    at = in_berlin()
    switch(at).set_value(zones.Choice.OWN)  # type: ignore[attr-defined]
    at.session_state["time-menu"] = at.session_state["time-own"] = True
    again(at)
    since, until = at.datetime_input
    assert (since.label, until.label) == ("From (Europe/Berlin)", "To (Europe/Berlin)")
    since.set_value(datetime(2026, 10, 25, 2, 30))  # noqa: DTZ001 - what a picker gives
    until.set_value(datetime(2026, 11, 23, 8, 0))  # noqa: DTZ001
    next(button for button in at.button if button.label == "Apply" and "custom-time" in str(button.form_id)).click()
    again(at)
    assert "comes twice in Europe/Berlin: the first is meant" in " ".join(str(one.value) for one in at.toast).replace(
        "\\", ""
    )
    times = log_rows(at)["occurred_at"]
    assert times[0].startswith("2026-11-23 07:51:00 +01:00")
    assert len(times) == 100


@pytest.mark.parametrize(
    ("link", "shown"),
    [({}, []), ({"last": "7d"}, []), ({"during": "last-week"}, []), ({"last": "36h"}, [None, None]),
     ({"since": "2026-11-22T00:00:00Z"}, [datetime(2026, 11, 22), None])],  # noqa: DTZ001
)  # fmt: skip
def test_a_time_of_one_s_own_is_there_for_who_has_one(
    log: sample.SampleService, link: dict[str, str], shown: list[datetime | None]
) -> None:
    at = in_berlin(**link)
    at.session_state["time-menu"] = True
    again(at)
    pickers = [box.value for box in at.datetime_input]
    assert len(pickers) == len(shown)
    if "since" in link:
        assert pickers == shown
