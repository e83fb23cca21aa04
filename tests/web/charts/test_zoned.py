"""A chart in another zone: the same bars, their times written twice."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.events.adornment import Width
from dashboard.query.drawn import Drawn
from dashboard.web.charts import overview_chart, time_chart, time_marks, zoned
from dashboard.web.charts.drawing import Drawing
from dashboard.web.charts.time_chart import Around

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 10, 24, 20, tzinfo=UTC)  # the clocks change within the next hours
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def hours(count: int) -> pl.DataFrame:
    rows = [(START + timedelta(hours=n), "Auth", n) for n in range(count)]
    return pl.DataFrame(
        rows, schema={"bucket": pl.Datetime("us", "UTC"), "category": pl.String, "events": pl.Int64}, orient="row"
    )


def added(expression: str, milliseconds: int) -> int:
    """What Vega adds to a tick."""
    rest = expression.removeprefix("utcFormat(time(datum.value)").removesuffix(", '%H:%M')").removeprefix(" + ")
    while piece := re.fullmatch(r"\(time\(datum\.value\) < (-?\d+) \? (.*) : (-?\d+)\)", rest):
        rest = piece[2] if milliseconds < int(piece[1]) else piece[3]
    return int(rest or 0)


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - given a zone
    st.integers(1, 400),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]),
)
def test_each_tick_reads_as_the_clock_there(first: datetime, count: int, name: str) -> None:
    zone = ZoneInfo(name)
    starts = [first.replace(minute=0, second=0, microsecond=0) + timedelta(hours=n) for n in range(count)]
    expression = zoned.label_expression("'%H:%M'", starts, zone)
    for start in starts:
        value = (start - EPOCH) // timedelta(milliseconds=1)
        read = EPOCH + timedelta(milliseconds=value + added(expression, value))
        assert read.replace(tzinfo=None) == start.astimezone(zone).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("width", "named"), [(Width.HOUR, "Europe/Berlin"), (Width.MINUTE, "Europe/Berlin"), (Width.SIX_HOURS, "UTC"),
                         (Width.DAY, "UTC"), (Width.MONTH, "UTC")],
)  # fmt: skip
def test_the_axis_of_short_buckets_is_the_reader_s_and_a_day_is_a_utc_day(width: Width, named: str) -> None:
    around = Around(drawn=Drawn(START, START + timedelta(days=2), width), now=START, zone=BERLIN)
    x = time_chart.actions_over_time(hours(9), width, None, around).to_dict()["encoding"]["x"]
    assert x["title"] == f"Time ({named})"
    assert ("time(datum.value) <" in x["axis"]["labelExpr"]) is (named != "UTC")
    assert x["scale"]["type"] == "utc"


def test_a_tooltip_has_both_zones_and_the_bars_are_the_same() -> None:
    around = Around(drawn=Drawn(START, START + timedelta(hours=9), Width.HOUR), now=START, zone=BERLIN)
    plain, there = (
        time_chart.actions_over_time(hours(9), Width.HOUR, None, how)
        for how in (Around(drawn=around.drawn, now=START), around)
    )
    assert titles(there) == ["Category", "From (UTC)", "From (Europe/Berlin)", "Events"]
    assert titles(plain) == ["Category", "From (UTC)", "Events"]
    rows = there.frames[time_marks.EVENTS]
    assert rows["here"].to_list()[4:7] == [
        "2026-10-25 02:00 +02:00", "2026-10-25 02:00 +01:00", "2026-10-25 03:00 +01:00",
    ]  # fmt: skip
    assert rows.drop("here").equals(plain.frames[time_marks.EVENTS])


def titles(drawing: Drawing) -> list[str]:
    return [one["title"] for one in drawing.to_dict()["encoding"]["tooltip"]]


def test_the_strip_of_the_whole_log_has_both_in_its_tooltip() -> None:
    spec = overview_chart.overview(hours(9), Width.HOUR, None, BERLIN).to_dict()
    (bars,) = spec["layer"]
    assert [one["title"] for one in bars["encoding"]["tooltip"]] == [
        "From (UTC)", "From (Europe/Berlin)", "Events in the whole log",
    ]  # fmt: skip
