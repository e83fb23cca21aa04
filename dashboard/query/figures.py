"""What happened in a window of time in five numbers, each beside what is usual and with the events that it counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from statistics import median

import polars as pl

from dashboard.events.adornment import Width
from dashboard.events.filter import NONE, EventFilter, as_text
from dashboard.events.vocabulary import FAILED_LOGIN, Outcome
from dashboard.query import views
from dashboard.query.engine import Engine

DELETED = "deleted"
_MOST_NAMES = 200

Window = tuple[datetime, datetime]


class Name(StrEnum):
    """The five numbers, in the order in which they stand."""

    EVENTS = "events"
    FAILED_LOGINS = "failed_logins"
    FAILURES = "failures"
    DELETIONS = "deletions"
    ACTORS = "actors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number of a window."""

    name: Name
    value: int
    usual: float | None  # the median of the earlier windows; None when there is none to compare with
    events: EventFilter  # what `value` counts; of ACTORS, what the named accounts did
    trend: tuple[tuple[datetime, int], ...]  # a number a bucket with its start, the window's own at the end


def figures(
    engine: Engine,
    window: EventFilter,
    earlier: Sequence[Window],
    drawn_since: datetime,
    width: Width,
    trend_width: Width = Width.DAY,
) -> tuple[Figure, ...]:
    """The five numbers of a window that lies in one bucket of `width`.

    Usual is the median of the earlier windows; those that begin before the day of the log's first event don't count.
    The trend reaches from `drawn_since` to the window's end, in buckets of `trend_width`. Costs two questions a window.
    Raises ValueError for a window without both ends.
    """
    since, until = window.window(engine.now)
    if since is None or until is None:
        raise ValueError("figures are of a window with both ends")
    first = views.time_range(engine, EventFilter())
    begin = Width.DAY.floor(first[0]) if first else since
    compared = [one for one in earlier if one[0] >= begin]
    meant = _meant(engine, EventFilter(since=min([drawn_since, *(one[0] for one in compared)]), until=until))
    values = _numbers(engine, meant, (since, until), width)
    before = [_numbers(engine, meant, one, width) for one in compared]
    trends = _trends(engine, meant, (drawn_since, until), trend_width)
    return tuple(
        Figure(
            name=name, value=values[name], usual=median(one[name] for one in before) if before else None,
            events=meant[name].with_window(since, until), trend=trends[name],
        )
        for name in Name
    )  # fmt: skip


def failed_logins(window: EventFilter) -> EventFilter:
    """Of a window, the logins that failed: the same events as the view `failed_logins_by_region` counts."""
    category, action = FAILED_LOGIN
    return window.with_values("category", [category]).with_values("action", [action])


def deletions(engine: Engine, window: EventFilter) -> EventFilter:
    """Of a window, what somebody named deleted: actions with "deleted" in their name, not the system's own."""
    names = views.facets(engine, window, "action", _MOST_NAMES, DELETED)["value"].drop_nulls()
    wanted = [as_text(name) for name in names] or [DELETED]  # no name would mean every action
    return window.with_values("action", wanted).with_values("not_actor", [NONE])


def _meant(engine: Engine, window: EventFilter) -> dict[Name, EventFilter]:
    return {
        Name.EVENTS: window,
        Name.FAILED_LOGINS: failed_logins(window),
        Name.FAILURES: window.with_values("outcome", [Outcome.FAILURE]),
        Name.DELETIONS: deletions(engine, window),
        Name.ACTORS: window.with_values("not_actor", [NONE]),
    }


def _numbers(engine: Engine, meant: dict[Name, EventFilter], window: Window, width: Width) -> dict[Name, int]:
    found = views.totals_over_time(engine, EventFilter(since=window[0], until=window[1]), width)
    row = dict(found.row(0, named=True)) if found.height else dict.fromkeys(found.columns, 0)
    deleted = views.count(engine, meant[Name.DELETIONS].with_window(*window))
    return {name: deleted if name is Name.DELETIONS else int(row[name]) for name in Name}


def _trends(
    engine: Engine, meant: dict[Name, EventFilter], window: Window, width: Width
) -> dict[Name, tuple[tuple[datetime, int], ...]]:
    found = views.totals_over_time(engine, EventFilter(since=window[0], until=window[1]), width)
    deleted = views.actors_over_time(engine, meant[Name.DELETIONS].with_window(*window), width)
    sums = deleted.group_by("bucket").agg(pl.col("events").sum().alias(Name.DELETIONS))
    joined = buckets(*window, width).join(found, on="bucket", how="left").join(sums, on="bucket", how="left")
    filled = joined.sort("bucket").fill_null(0)
    return {name: tuple(filled.select("bucket", name).iter_rows()) for name in Name}


def buckets(since: datetime, until: datetime, width: Width) -> pl.DataFrame:
    """The starts of all buckets of a range, in the one column `bucket`."""
    return pl.datetime_range(
        width.floor(since), until, width.value, closed="left", eager=True, time_unit="us"
    ).alias("bucket").to_frame()  # fmt: skip
