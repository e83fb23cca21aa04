"""Summer time by rule agrees with the time-zone database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from dashboard.demo import worktime

ZONES = (
    "Europe/Istanbul", "Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Asia/Singapore",
    "America/Sao_Paulo",
)  # fmt: skip


@pytest.mark.parametrize(("office", "zone"), list(enumerate(ZONES)))
def test_offsets_are_those_of_the_zone(office: int, zone: str) -> None:
    days = np.arange(19_400, 21_900)  # 2023 to 2029
    noons = [datetime(1970, 1, 1, 12, tzinfo=UTC) + timedelta(days=int(day)) for day in days]
    expected = [moment.replace(tzinfo=ZoneInfo(zone)).utcoffset() for moment in noons]
    assert [timedelta(hours=int(hours)) for hours in worktime.offset_hours(office, days)] == expected


def test_holidays_are_days_off() -> None:
    days = np.array([np.datetime64("2026-10-29"), np.datetime64("2026-10-30")]).astype(np.int64)
    assert worktime.holiday(0, days).tolist() == [True, False]
    assert worktime.holiday(1, days).tolist() == [False, False]
