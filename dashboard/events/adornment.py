"""Columns that a view needs beside those of `events`: each engine adds them before the view's SQL runs.

Each adornment also adds `weight`, how many events the row stands for: an engine may hand over counts instead of events.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class Width(StrEnum):
    """How wide a bucket of time is, in UTC; weeks begin on Monday. The text is what Polars calls it."""

    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    HOUR = "1h"
    SIX_HOURS = "6h"
    DAY = "1d"
    WEEK = "1w"
    MONTH = "1mo"
    YEAR = "1y"

    def floor(self, moment: datetime) -> datetime:
        """The start of the bucket that holds the moment."""
        day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        match self:
            case Width.WEEK:
                return day - timedelta(days=day.weekday())
            case Width.MONTH:
                return day.replace(day=1)
            case Width.YEAR:
                return day.replace(month=1, day=1)
        return day + (moment - day) // LENGTHS[self] * LENGTHS[self]


LENGTHS = {  # of a bucket
    Width.MINUTE: timedelta(minutes=1),
    Width.FIVE_MINUTES: timedelta(minutes=5),
    Width.HOUR: timedelta(hours=1),
    Width.SIX_HOURS: timedelta(hours=6),
    Width.DAY: timedelta(days=1),
    Width.WEEK: timedelta(weeks=1),
    Width.MONTH: timedelta(days=28),  # the shortest
    Width.YEAR: timedelta(days=365),
}
MOST_BUCKETS = 400  # that a chart draws: each is two pixels wide then

_LONGEST = (  # the longest range that is drawn at each width: between about 30 and 150 buckets
    (timedelta(hours=2), Width.MINUTE),
    (timedelta(hours=12), Width.FIVE_MINUTES),
    (timedelta(days=4), Width.HOUR),
    (timedelta(days=21), Width.SIX_HOURS),
    (timedelta(days=150), Width.DAY),
    (timedelta(days=3 * 366), Width.WEEK),
    (timedelta(days=30 * 366), Width.MONTH),
)
WIDEST = _LONGEST[-1][0]


def width_of(since: datetime, until: datetime, wished: Width | None = None) -> Width:
    """The width at which a range of time is drawn: the wished one, or the next wider that needs no more than 400
    buckets; without a wish the one that makes some 30 to 150.
    """
    if wished is None:
        return next((width for longest, width in _LONGEST if until - since <= longest), Width.YEAR)
    wider = list(Width)[list(Width).index(wished) :]
    return next((width for width in wider if until - since <= MOST_BUCKETS * LENGTHS[width]), Width.YEAR)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Adds `bucket`: the start of the bucket of time that the event's claimed time lies in."""

    width: Width


@dataclass(frozen=True, slots=True)
class Facet:
    """Adds `field`, a name of the filter's, and `value`, what the event holds there; keeps values that hold a text."""

    field: str
    contains: str = ""


Adornment = Bucket | Facet
