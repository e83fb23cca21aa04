"""Times: what is read, what is refused, and that the quick way says the same as the long one."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.events import times

AT = datetime(2026, 11, 23, 8, 11, 57, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T08:11:57.123456Z", AT),
        ("2026-11-23 08:11:57.123456789 UTC", AT),
        ("2026-11-23T11:11:57,123456+03:00", AT),
        ("2026-11-23T11:11:57.123456+0300", AT),
        ("2026-11-23T08:11:57.12Z", AT.replace(microsecond=120_000)),
        ("2026-11-23T08:11:57Z", AT.replace(microsecond=0)),
        ("2026-11-23T08:11Z", AT.replace(second=0, microsecond=0)),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_however_it_is_written(text, moment):
    assert times.parse_time(text) == moment


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z",
     "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2026-11-23T08:11:57", "2026-W01-1T00:00:00Z", "20261123T081157Z"],
)  # fmt: skip
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the texts differ
        times.parse_time(text)


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2999, 12, 31)),  # noqa: DTZ001 - as written, without a zone
    st.sampled_from(["", "Z", " Z", "UTC", "+00:00", "z"]),
    st.sampled_from(["T", " "]),
    st.sampled_from(["auto", "milliseconds", "microseconds", "seconds", "minutes"]),
    st.sampled_from([None, UTC, ZoneInfo("Europe/Istanbul")]),
)
def test_the_quick_way_says_the_same_as_the_long_one(moment, end, between, spec, zone):
    text = moment.isoformat(between, spec) + end

    def read(usual):
        kept, times._USUAL = times._USUAL, usual
        try:
            return times.parse_time(text, zone=zone)
        except ValueError as wrong:
            return str(wrong)
        finally:
            times._USUAL = kept

    never = times.re.compile("(?!)")
    assert read(times._USUAL) == read(never)


@pytest.mark.parametrize(
    ("period", "since", "until"),
    [
        ("today", "2026-11-23", AT),
        ("yesterday", "2026-11-22", "2026-11-23"),
        ("this-week", "2026-11-23", AT),  # a Monday
        ("last-week", "2026-11-16", "2026-11-23"),
        ("this-month", "2026-11-01", AT),
        ("last-month", "2026-10-01", "2026-11-01"),
        ("this-quarter", "2026-10-01", AT),
        ("last-quarter", "2026-07-01", "2026-10-01"),
    ],
)
def test_a_period_is_of_the_utc_calendar_and_ends_now_if_it_is_not_over(period, since, until):
    ends = [text if isinstance(text, datetime) else times.parse_time(text, zone=UTC) for text in (since, until)]
    assert list(times.Period(period).window(AT)) == ends
    assert list(times.Period(period).window(AT.astimezone(ZoneInfo("Pacific/Kiritimati")))) == ends


@given(st.datetimes(datetime(1980, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - given a zone
def test_periods_follow_each_other_without_a_gap_and_none_is_empty(moment):
    pairs = [("yesterday", "today"), *((f"last-{unit}", f"this-{unit}") for unit in ("week", "month", "quarter"))]
    for before, after in pairs:
        (first, middle), (begin, end) = (times.Period(name).window(moment) for name in (before, after))
        assert first < middle == begin < end
    assert times.Period.TODAY.window(moment)[0] <= moment
