"""Security: the planted attacks are seen, and each number opens exactly the events that it counts."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.reading import cells, counted, links, opened, texts
from tests.web import sample

NOW = datetime(2026, 11, 23, 12, 30, 30, tzinfo=UTC)
DAY = timedelta(days=1)
LOGIN = {"category": "Auth", "action": "Login Failed", "outcome": "failure"}
ADDRESSES, ACCOUNTS = "Address: events and their course", "Account: events and their course"
COUNTRIES, NIGHTS = "First-seen countries of accounts", "Nights and weekends of administrators"
TABLES = (ADDRESSES, ACCOUNTS, COUNTRIES, NIGHTS)


@pytest.fixture
def attacked(log: sample.SampleService) -> sample.SampleService:
    """A password guessed by force from Romania, a night of an administrator, and an account in Brazil."""
    log.now = NOW
    force = [
        {"at": NOW - 2 * DAY + n * timedelta(seconds=9), "actor": "jonas", "country": "RO", "region": "București",
         "source_ip": f"176.223.0.{n % 3}", **LOGIN}
        for n in range(90)
    ]  # fmt: skip
    night = [
        {"at": datetime(2026, 11, 18, 23, n, tzinfo=UTC), "actor": "temp.ops", "actor_type": "admin"} for n in range(40)
    ]
    away = [{"at": NOW - DAY, "actor": sample.PEOPLE[0], "country": "BR", "actor_type": "user"}] * 3
    rows = [*force, *night, *away]
    for n, row in enumerate(rows):
        more = {name: value for name, value in row.items() if name != "at"}
        log.append([sample.row(2400 + n, row["at"], **{"outcome": "success", **more})])
    return log


def test_the_attacks_stand_out(attacked: sample.SampleService) -> None:
    found = [label for label, _ in links(opened("security.py"))]
    assert any(label.startswith("**90 failed logins on jonas**") for label in found)
    assert any("from Brazil for the first time" in label for label in found)


def test_each_number_opens_exactly_its_events(attacked: sample.SampleService) -> None:
    at = opened("security.py")
    tables = {name: cells(at, name) for name in TABLES}
    assert max(number for number, _ in tables[ACCOUNTS]) == 90
    assert [number for number, _ in tables[COUNTRIES]] == [3]
    assert tables[NIGHTS][0][0] == 40
    for table in tables.values():
        for number, link in table:
            assert counted(attacked, link) == number
    for label, link in links(at):
        if label.endswith(" failed logins") or "failed logins in" in label or "without a country" in label:
            assert counted(attacked, link) == int(label.split()[0].replace(",", ""))


def test_the_map_holds_the_numbers_of_the_countries_and_asks_nobody(attacked: sample.SampleService) -> None:
    at = opened("security.py")
    specs = [json.loads(chart.proto.spec) for chart in at.get("vega_lite_chart")]
    chart = next(spec for spec in specs if "topojson" in json.dumps(spec))
    assert len(json.dumps(chart)) < 130_000
    assert '"url"' not in json.dumps(chart)
    (topology,) = [one for one in chart["datasets"].values() if isinstance(one, dict)]
    shapes = topology["objects"]["countries"]["geometries"]
    events = {one["id"]: one["properties"]["events"] for one in shapes}
    assert events["RO"] == 90
    assert events["FR"] == 0


def test_nothing_odd_is_said_to_be_nothing(log: sample.SampleService) -> None:
    log.now = NOW
    said = texts(opened("security.py"))
    assert "None: every account acted from where it did before." in said
    assert "No administrator acted at night or on a weekend." in said


def test_an_unknown_parameter_is_an_error_and_nothing_else(log: sample.SampleService) -> None:
    at = opened("security.py", week="2026-W47")
    assert "'week' is not a parameter of this page" in texts(at)
    assert not at.dataframe


def test_an_empty_log_says_how_to_fill_it(log: sample.SampleService) -> None:
    log.events = log.events.clear()
    assert "The log is empty" in texts(opened("security.py"))


def test_without_location_data_it_says_what_to_do(attacked: sample.SampleService) -> None:
    attacked.geo_problem = "No GeoIP database was found."
    at: AppTest = opened("security.py")
    assert "No location data, so no regions" in texts(at)
    assert any(code.value == "auditlens geo update" for code in at.code)


def test_log_text_is_shown_as_it_is(attacked: sample.SampleService) -> None:
    attacked.append(
        [
            sample.row(2533 + n, NOW - n * timedelta(seconds=1), actor=sample.HOSTILE, region=sample.HOSTILE,
                       country="<b>", **LOGIN)
            for n in range(95)
        ]
    )  # fmt: skip
    at = opened("security.py")
    assert any("95 failed logins on" in label and "\\<script\\>" in label for label, _ in links(at))
    assert all("<script>" not in str(element.value) for element in at.markdown)
