from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from dashboard.events.adornment import Width
from dashboard.query.drawn import Drawn
from dashboard.web.charts import findings

START = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = Drawn(START, START + timedelta(days=5), Width.DAY)
NOW = START + timedelta(days=9)


def days(*events: int) -> pl.DataFrame:
    rows = [(START + timedelta(days=day), "Auth", count) for day, count in enumerate(events)]
    return pl.DataFrame(rows, schema=["bucket", "category", "events"], orient="row")


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ((10, 10, 40, 10, 5), "75 events in this view, per day: most on 3 Nov 2026, 40, 4.0 times the median."),
        ((10, 10, 11, 10, 10), "51 events in this view, per day: most on 3 Nov 2026, 11."),
        ((0, 0, 1, 0, 0), "1 event in this view, per day: most on 3 Nov 2026, 1."),
    ],
)
def test_a_chart_of_time_says_how_many_and_when_most(events: tuple[int, ...], sentence: str) -> None:
    assert findings.of_time(days(*events), DAYS, NOW) == sentence


@pytest.mark.parametrize(
    ("before", "change"),
    [((4, 4), "25% more than in"), ((20,), "50% fewer than in"), ((0,), "none in the period before")],
)
def test_a_comparison_is_said(before: tuple[int, ...], change: str) -> None:
    assert change in findings.of_time(days(2, 2, 2, 2, 2), DAYS, NOW, days(*before))


def test_regions_are_said_by_their_first() -> None:
    regions = pl.DataFrame({"region": ["Istanbul", None], "events": [3, 1]})
    assert findings.of_regions(regions) == "4 failed logins in this view: 75% from Istanbul."
    assert findings.of_regions(regions.clear()) == "0 failed logins in this view."
    assert "no region" in findings.of_regions(regions.tail(1))


def test_silences_are_named() -> None:
    gap = pl.DataFrame({"source": ["cron"], "since": [START], "until": [NOW]})
    assert findings.of_silences(gap) == "Hatched: cron reported nothing from 1 Nov 00:00 to 10 Nov 00:00 UTC."
    assert findings.of_silences(pl.concat([gap, gap])).endswith("and 1 more.")
    assert findings.of_silences(gap.clear()) == ""
