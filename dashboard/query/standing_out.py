"""What stands out in a window of days: rules that a person can check by eye, each with the events that it counts.

A day stands out when it holds at least `least` and `times` as many as the median of the window's days; a day without
any counts as 0. A first country of an account is one it did not act from in the 30 days before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import polars as pl

from dashboard.events.adornment import Width
from dashboard.events.filter import EventFilter, as_text
from dashboard.events.times import EARLIEST
from dashboard.events.vocabulary import FAILED_LOGIN, Outcome
from dashboard.query import views
from dashboard.query.engine import Engine
from dashboard.query.figures import buckets, deletions, failed_logins

COUNTRY_DAYS, COUNTRY_BEFORE_DAYS = 7, 30
_DAY = timedelta(days=1)
_MOST = 50


class Kind(StrEnum):
    """What is unusual."""

    PASSWORDS = "passwords"
    ACCOUNTS = "accounts"  # logins of many accounts failed from one region
    DELETIONS = "deletions"  # one account deleted much
    FAILURES = "failures"  # much of one category failed
    COUNTRY = "country"  # an account acted from a country for the first time


@dataclass(frozen=True, slots=True, kw_only=True)
class Standout:
    """One day of one account, region or category; or one country of one account."""

    kind: Kind
    name: str  # the account, region or category: log text
    at: datetime  # start of the day; of a first country its first event
    events: int  # what the filter counts
    meant: EventFilter
    usual: float = 0  # the median of the window's days
    accounts: int = 0  # of ACCOUNTS: how many
    country: str | None = None


def standing_out(engine: Engine, window: EventFilter) -> tuple[Standout, ...]:
    """What stands out in the days of a window, the newest first; at most 50. Some eight questions about the window."""
    found = [*_days(engine, window), *_new_countries(engine, window)]
    return tuple(sorted(found, key=lambda one: (one.at, one.events), reverse=True)[:_MOST])


def first_countries(engine: Engine, window: EventFilter) -> pl.DataFrame:
    """Countries that accounts acted from in the window's last 7 days, and not in the 30 days before; newest first.

    Accounts without an event in those 30 days are new themselves and are left out, and failed attempts are nobody's.
    Columns actor, country, events, first_at, last_at.
    """
    since, until = country_window(window)
    seen = views.countries_of_actors(engine, acting(EventFilter(since=since, until=until)))
    before = max(since - timedelta(days=COUNTRY_BEFORE_DAYS), EARLIEST)
    known = views.countries_of_actors(engine, acting(EventFilter(since=before, until=since)))
    new = (
        seen.drop_nulls("country").join(known, on=["actor", "country"], how="anti").join(known, on="actor", how="semi")
    )
    return new.sort(["first_at", "actor", "country"], descending=[True, False, False])


def country_window(window: EventFilter) -> tuple[datetime, datetime]:
    """The last 7 days of a window."""
    if window.since is None or window.until is None:
        raise ValueError("what stands out is of a window with both ends")
    return max(window.until - timedelta(days=COUNTRY_DAYS), window.since), window.until


def acting(window: EventFilter) -> EventFilter:
    """Without failures: a wrong password tells where a stranger is, not the account."""
    return window.with_values("not_outcome", [Outcome.FAILURE])


def _new_countries(engine: Engine, window: EventFilter) -> Iterator[Standout]:
    since, until = country_window(window)
    for row in first_countries(engine, window).iter_rows(named=True):
        yield Standout(
            kind=Kind.COUNTRY, name=row["actor"], country=row["country"], at=row["first_at"], events=row["events"],
            meant=acting(EventFilter(since=since, until=until, actor=(as_text(row["actor"]),),
                                     country=(as_text(row["country"]),))),
        )  # fmt: skip


def _days(engine: Engine, window: EventFilter) -> Iterator[Standout]:
    logins, deleted = failed_logins(window), deletions(engine, window)
    failing = window.with_values("outcome", [Outcome.FAILURE]).with_values("not_category", [FAILED_LOGIN[0]])
    by_actor = views.actors_over_time(engine, logins, Width.DAY)
    by_place = views.places_over_time(engine, logins, Width.DAY)
    by_deleter = views.actors_over_time(engine, deleted, Width.DAY)
    by_category = views.actions_over_time(engine, failing, width=Width.DAY)
    yield from _spikes(Kind.PASSWORDS, by_actor, "actor", logins, least=20, times=5)
    yield from _spikes(Kind.ACCOUNTS, by_place, "region", logins, least=10, times=4, measure="actors")
    yield from _spikes(Kind.DELETIONS, by_deleter, "actor", deleted, least=20, times=5)
    yield from _spikes(Kind.FAILURES, by_category, "category", failing, least=20, times=4)


def _spikes(
    kind: Kind, frame: pl.DataFrame, key: str, wanted: EventFilter, *, least: int, times: float, measure: str = "events"
) -> Iterator[Standout]:
    """The days on which a key holds much more than on the window's other days."""
    for row in spikes(frame, key, wanted, least, times, measure).iter_rows(named=True):
        day = wanted.with_window(max(row["bucket"], wanted.since or EARLIEST), _until(row["bucket"], wanted))
        yield Standout(
            kind=kind, name=row[key], at=row["bucket"], events=row["events"], usual=row["usual"],
            accounts=row["measured"] if kind is Kind.ACCOUNTS else 0,
            meant=day.without(f"not_{key}").with_values(key, [as_text(row[key])]),
        )  # fmt: skip


def _until(bucket: datetime, wanted: EventFilter) -> datetime:
    return min(bucket + _DAY, wanted.until) if wanted.until else bucket + _DAY


def spikes(
    frame: pl.DataFrame, key: str, wanted: EventFilter, least: int, times: float, measure: str = "events"
) -> pl.DataFrame:
    """Rows of keys and days that stand out: columns bucket, the key, events, measured, usual. Nobody is no key."""
    if wanted.since is None or wanted.until is None:
        raise ValueError("what stands out is of a window with both ends")
    by_day = frame.drop_nulls(key).group_by("bucket", key).agg(
        pl.col("events").sum(), pl.col(measure).sum().alias("measured")
    )  # fmt: skip
    candidates = by_day.filter(pl.col("measured") >= least).select(pl.col(key).unique())
    days = buckets(wanted.since, wanted.until, Width.DAY).join(candidates, how="cross")
    filled = days.join(by_day, on=["bucket", key], how="left").fill_null(0)
    usual = filled.with_columns(usual=pl.col("measured").median().over(key))
    odd = (pl.col("measured") >= least) & (pl.col("measured") >= times * pl.col("usual"))
    return usual.filter(odd).sort("bucket", key)
