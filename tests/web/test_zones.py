"""Which time a clock means where it is read."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.web import text, zones

WALLS = st.datetimes(datetime(1971, 1, 1), datetime(2198, 1, 1)).map(  # noqa: DTZ001 - a clock knows no zones
    lambda wall: wall.replace(second=0, microsecond=0)
)
EARLIEST = datetime(1970, 1, 2)  # noqa: DTZ001 - given a zone
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("wall", "zone", "start", "end", "told"),
    [
        ("2026-11-23 09:00", "Europe/Berlin", "2026-11-23 08:00", "2026-11-23 08:00", ""),
        ("2026-10-25 02:30", "Europe/Berlin", "2026-10-25 00:30", "2026-10-25 01:30", "comes twice"),
        ("2026-03-29 02:30", "Europe/Berlin", "2026-03-29 01:00", "2026-03-29 01:00", "skips 2026-03-29 02:30"),
        ("2026-10-04 02:15", "Australia/Lord_Howe", "2026-10-03 15:30", "2026-10-03 15:30", "02:30 +11:00"),
        ("2011-12-30 12:00", "Pacific/Apia", "2011-12-30 10:00", "2011-12-30 10:00", "00:00 +14:00"),
    ],
)
def test_a_change_of_clocks_is_told_and_the_window_holds_all_that_can_be_meant(
    wall: str, zone: str, start: str, end: str, told: str
) -> None:
    for text_of_end, is_end in ((start, False), (end, True)):
        moment, said = zones.instant(datetime.fromisoformat(wall), ZoneInfo(zone), is_end=is_end)
        assert f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}" == text_of_end
        assert told in said
        assert bool(told) is bool(said)


@given(WALLS, st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]))
def test_what_a_clock_shows_is_what_was_meant_unless_it_is_told(wall: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    start, said = zones.instant(wall, zone)
    end, _ = zones.instant(wall, zone, is_end=True)
    assert start <= end
    if not said:
        assert start.astimezone(zone).replace(tzinfo=None) == wall
        assert start == end


@given(st.datetimes(EARLIEST, timezones=st.just(UTC)), st.sampled_from([UTC, BERLIN]))
def test_a_written_time_means_one_moment_only(moment: datetime, zone: ZoneInfo) -> None:
    if moment.year == 9999:
        return
    written = text.exact(moment, zone).replace(" UTC", "+00:00").replace(" +", "+").replace(" -", "-")
    assert datetime.fromisoformat(written) == moment.replace(microsecond=0)


@pytest.mark.parametrize("name", [None, "", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "a\0b", "Europe"])
def test_a_browser_that_names_no_zone_has_none(name: str | None) -> None:
    assert zones.named(name) is None


def test_half_hours_and_the_west_are_written_as_they_are() -> None:
    moment = datetime(2026, 7, 1, tzinfo=UTC)
    assert text.exact(moment, ZoneInfo("Asia/Kolkata")) == "2026-07-01 05:30:00 +05:30"
    assert text.exact(moment, ZoneInfo("America/St_Johns")) == "2026-06-30 21:30:00 -02:30"
    assert text.exact(moment, ZoneInfo("Europe/London")) == "2026-07-01 01:00:00 +01:00"
    assert zones.name_of(UTC) == "UTC"
