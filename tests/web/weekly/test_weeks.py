from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import UsageError
from dashboard.web.weekly import weeks

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMES = st.integers(366, 2_932_500).map(lambda days: EPOCH + timedelta(days=days, hours=days % 24))


@given(TIMES)
def test_a_week_holds_its_moment_begins_on_monday_and_is_read_back(moment: datetime) -> None:
    week = weeks.of(moment)
    assert week.since <= moment < week.until
    assert week.since.weekday() == 0
    assert week.since.time() == datetime.min.time()
    assert weeks.parse(str(week)) == week
    assert week.before.after == week == week.after.before


@pytest.mark.parametrize(
    ("text", "since"),
    [("2026-W47", (2026, 11, 16)), ("2020-W53", (2020, 12, 28)), ("2026-W01", (2025, 12, 29))],
)
def test_a_week_begins_where_iso_8601_says(text: str, since: tuple[int, int, int]) -> None:
    week = weeks.parse(text)
    assert week.since == datetime(*since, tzinfo=UTC)
    assert week.until - week.since == timedelta(days=7)


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-47", "2026-W7", "2026-W00", "2026-W54", "2025-W53", "2026-w47", " 2026-W47", "2026-W47\n",
     "２０２６-W47", "0000-W01", "1969-W20", "9999-W52", "2026-W471", "2026-W47&x"],
)  # fmt: skip
def test_what_is_no_week_is_an_error(text: str) -> None:
    with pytest.raises(UsageError):
        weeks.parse(text)
