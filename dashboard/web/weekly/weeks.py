"""ISO weeks: from Monday 00:00 UTC to the next Monday, written as `2026-W47`."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from dashboard.errors import UsageError
from dashboard.events.times import EARLIEST, LATEST

_FORM = re.compile(r"([0-9]{4})-W([0-9]{2})")
_LENGTH = timedelta(weeks=1)


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """One ISO week, half-open: [since, until)."""

    since: datetime  # a Monday's midnight, UTC

    @property
    def until(self) -> datetime:
        return self.since + _LENGTH

    @property
    def before(self) -> "Week":
        return Week(self.since - _LENGTH)

    @property
    def after(self) -> "Week":
        return Week(self.until)

    def __str__(self) -> str:
        year, number, _ = self.since.isocalendar()
        return f"{year}-W{number:02}"


def of(moment: datetime) -> Week:
    """The week that holds the moment."""
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Week(day - timedelta(days=day.weekday()))


def parse(text: str) -> Week:
    """Reads what `str` of a week writes, and nothing else; raises UsageError."""
    match = _FORM.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        week = Week(datetime.combine(date.fromisocalendar(int(match[1]), int(match[2]), 1), time(), UTC))
        inside = week.since >= EARLIEST + _LENGTH and week.since <= LATEST - _LENGTH
    except (ValueError, OverflowError) as wrong:
        raise UsageError(f"week: {text[:64]!r} is not a week", "Write an ISO week such as 2026-W47.") from wrong
    if not inside:
        raise UsageError(f"week: {text} lies outside the years 1970 to 9999", "Choose another week.")
    return week
