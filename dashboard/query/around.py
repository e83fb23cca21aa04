"""The events on both sides of one, in the log's order: newest first, ties by place.

Each side is sought from the event's time outwards, so it costs the files that it walks through and never the whole log;
events of the very same time are counted apart, since thousands may share one (a file of dates without times).
"""

from bisect import bisect_left
from datetime import datetime, timedelta

import polars as pl

from dashboard.events.filter import EventFilter
from dashboard.events.times import LATEST
from dashboard.query.engine import Engine
from dashboard.query.schemas import SCHEMAS
from dashboard.query.sort import NEWEST_FIRST, Sort

_PLACES = "log_page"
_TICK = timedelta(microseconds=1)
_OLDEST_FIRST = Sort("occurred_at", descending=False)


def around(
    engine: Engine, view: str, wanted: EventFilter, moment: datetime, seq: int, *, earlier: int, later: int
) -> pl.DataFrame:
    """Rows of a view of events, without regard to the filter's own times: at most `later` events after the place in the
    order, the one that stands there, and at most `earlier` before it.
    """
    ahead = rank(engine, wanted, moment, seq)
    shown = min(ahead, later)
    below = wanted.with_window(None, _end(moment))
    found = engine.rows(view, below, NEWEST_FIRST, ahead - shown, shown + 1 + earlier)
    return found if shown == later else pl.concat([_after(engine, view, wanted, moment, later - shown), found])


def rank(engine: Engine, wanted: EventFilter, moment: datetime, seq: int) -> int:
    """How many events of the very same time stand above a place. A few looks at one row each."""
    same = wanted.with_window(moment, _end(moment))
    ties = int(engine.answer("count", same).item())

    def place(number: int) -> int:
        return -int(engine.rows(_PLACES, same, NEWEST_FIRST, number, 1)["seq"].item())

    return bisect_left(range(ties), -seq, key=place) if ties > 1 else 0


def place(engine: Engine, wanted: EventFilter, moment: datetime, seq: int) -> int | None:
    """How many of the filter's events stand above an event, the newest first; None when it is not one of them.

    Costs a count of the newer events.
    """
    since, until = wanted.window(engine.now)
    end = _end(moment)
    if (since is not None and moment < since) or (until is not None and moment >= until):
        return None
    newer = 0
    if end is not None and (until is None or end < until):
        newer = int(engine.answer("count", wanted.with_window(end, until)).item())
    number = newer + rank(engine, wanted, moment, seq)
    there = engine.rows(_PLACES, wanted, NEWEST_FIRST, number, 1)
    return number if there["seq"].to_list() == [seq] else None


def _after(engine: Engine, view: str, wanted: EventFilter, moment: datetime, limit: int) -> pl.DataFrame:
    """The nearest events of later times, the newest first."""
    start = _end(moment)
    if start is None:
        return pl.DataFrame(schema=SCHEMAS[view])
    found = engine.rows(view, wanted.with_window(start, None), _OLDEST_FIRST, 0, limit)
    found = found.sort("occurred_at", "seq", descending=True)
    return found if found.height < limit else _with_nearest_ties(engine, view, wanted, found)


def _with_nearest_ties(engine: Engine, view: str, wanted: EventFilter, found: pl.DataFrame) -> pl.DataFrame:
    """The same, and of its last time the events that come first: oldest first too, ties stand with the newest ahead."""
    last: datetime = found["occurred_at"][0]
    rest = found.filter(pl.col("occurred_at") < last)
    same = wanted.with_window(last, _end(last))
    kept, ties = found.height - rest.height, int(engine.answer("count", same).item())
    if kept == ties:
        return found
    return pl.concat([engine.rows(view, same, NEWEST_FIRST, ties - kept, kept), rest])


def _end(moment: datetime) -> datetime | None:
    """The first moment after; None after the last one that there is."""
    return moment + _TICK if moment < LATEST else None
