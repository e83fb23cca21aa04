"""When people work: offsets from UTC with summer time, holidays, and the shape of a working day.

The rules of summer time are written out (European Union and United States, as they are since 2007), so that the same
seed gives the same events on machines with another time-zone database or none.
"""

import numpy as np

from dashboard.demo.chance import Bools, Floats, Ints

OFFSET_HOURS = (3, 0, 1, -5, -8, 8, -3)  # winter time of places.OFFICES
_RULES = (None, "eu", "eu", "us", "us", None, None)
_EVERYWHERE = ("01-01",)
_HOLIDAYS = (
    ("04-23", "05-01", "05-19", "07-15", "08-30", "10-29"),
    ("12-25", "12-26"),
    ("05-01", "10-03", "12-25", "12-26"),
    ("07-04", "11-11", "12-25"),
    ("07-04", "11-11", "12-25"),
    ("05-01", "08-09", "12-25"),
    ("04-21", "05-01", "09-07", "10-12", "11-02", "11-15", "11-20", "12-25"),
)


def weekday(days: Ints) -> Ints:
    """Monday is 0. Days are counted from 1970-01-01, a Thursday."""
    return (days + 3) % 7


def _sunday(year: Ints, month: int, *, last: bool = False, nth: int = 1) -> Ints:
    """The day number of the n-th, or the last, Sunday of a month."""
    first = (year.astype("datetime64[Y]") + np.timedelta64(month - 1, "M")).astype("datetime64[D]").astype(np.int64)
    if last:
        end = (year.astype("datetime64[Y]") + np.timedelta64(month, "M")).astype("datetime64[D]").astype(np.int64) - 1
        return np.asarray(end - (weekday(end) + 1) % 7, dtype=np.int64)
    return np.asarray(first + (6 - weekday(first)) + 7 * (nth - 1), dtype=np.int64)


def offset_hours(office: int, days: Ints) -> Ints:
    """Hours ahead of UTC at noon of each day."""
    rule = _RULES[office]
    winter = np.full(len(days), OFFSET_HOURS[office], dtype=np.int64)
    if rule is None:
        return winter
    years = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
    if rule == "eu":
        begin, end = _sunday(years, 3, last=True), _sunday(years, 10, last=True)
    else:
        begin, end = _sunday(years, 3, nth=2), _sunday(years, 11)
    return winter + ((days >= begin) & (days < end))


def holiday(office: int, days: Ints) -> Bools:
    """Whether the office is closed for a public holiday (those with a fixed date)."""
    dates = np.datetime_as_string(days.astype("datetime64[D]"))
    closed = {*_EVERYWHERE, *_HOLIDAYS[office]}
    return np.array([str(date)[-5:] in closed for date in dates], dtype=np.bool_)


# Tenths of a working day: a slow start, a lunch dip in the middle, a slow end.
_SHAPE = np.array([0.8, 1.3, 1.4, 1.2, 0.35, 0.7, 1.2, 1.2, 1.1, 0.75])
_CUMULATED = np.concatenate(([0.0], np.cumsum(_SHAPE) / _SHAPE.sum()))


def within_day(share: Floats) -> Floats:
    """Bends evenly spread numbers in [0, 1) to the shape of a working day in [0, 1)."""
    return np.asarray(np.interp(share, _CUMULATED, np.linspace(0.0, 1.0, len(_CUMULATED))), dtype=np.float64)
