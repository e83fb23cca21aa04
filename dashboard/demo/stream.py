"""The account's events as Polars frames: any stretch of time, always the same ones."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Self

import numpy as np
import polars as pl

from dashboard.demo import account as accounts
from dashboard.demo import scenes
from dashboard.demo.account import USUAL_PER_DAY, Account
from dashboard.demo.chance import Ints
from dashboard.demo.machines import timer_rows, token_rows, upkeep_rows
from dashboard.demo.people import people_rows, strangers_rows
from dashboard.demo.readable import readable
from dashboard.demo.rows import Rows, joined
from dashboard.events.event import AuditEvent
from dashboard.events.times import format_time, parse_time
from dashboard.events.vocabulary import ActorType

SOURCE = "gitsec"
_REACH_DAYS = 2  # a session of a local day, with what it sets off, ends within two UTC days of it
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that the events depend on. Kept by a demo home, so that later top-ups go on where the first fill began."""

    seed: int
    start: datetime  # midnight UTC; nothing happened before
    anchor: date  # the day of the first fill, from which the stories are counted
    per_day: float  # how big the account is
    rate: float  # how busy it is for its size

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"start": format_time(self.start), "anchor": self.anchor.isoformat()}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError for anything that `to_json` did not write."""
        return cls(
            seed=int(kept["seed"]),
            start=parse_time(kept["start"]),
            anchor=date.fromisoformat(kept["anchor"]),
            per_day=float(kept["per_day"]),
            rate=float(kept["rate"]),
        )


def plan(*, events: int, days: int, seed: int, now: datetime) -> Plan:
    """The plan that puts `events` events into the `days` days before today and today until now.

    It keeps to the number within about two percent.

    Two demos begun on the same day with the same seed are equal: a plan of two weeks or more is measured up to noon,
    whatever the hour is. The stories are planted in any case, so a very small demo holds more events than asked.
    """
    now = now.astimezone(UTC)
    start = datetime(now.year, now.month, now.day, tzinfo=UTC) - timedelta(days=days)
    per_day = events / max(days, 1)
    made = Plan(seed=seed, start=start, anchor=now.date(), per_day=per_day, rate=min(1.0, per_day / USUAL_PER_DAY))
    measured = now.replace(hour=12 if days >= 14 else now.hour, minute=0, second=0, microsecond=0)
    for _ in range(4):
        more = replace(made, rate=made.rate * 1.5 + 0.01)
        here, there = count(made, start, measured), count(more, start, measured)
        if abs(here - events) <= 0.002 * events or there <= here:
            break
        step = (events - here) * (more.rate - made.rate) / (there - here)
        made = replace(made, rate=max(0.0, made.rate + step))
    return made


def count(made: Plan, since: datetime, until: datetime) -> int:
    """How many events the frame of the same stretch has."""
    return len(_rows(made, since, until))


def frame(made: Plan, since: datetime, until: datetime, *, first_seq: int = 1) -> pl.DataFrame:
    """The events with since <= occurred_at < until, oldest first, with the columns of `readable.FIELDS`.

    `first_seq` is the producer's number of the first of them: one more than there are before `since`.
    """
    return readable(account_of(made), _rows(made, since, until), first_seq=first_seq, source=SOURCE)


def events(table: pl.DataFrame) -> Iterator[AuditEvent]:
    """The rows of a frame as events that a record takes, marked as imported, for a demo tells of days gone by."""
    for row in table.iter_rows(named=True):
        row["actor_type"] = ActorType(row["actor_type"])
        yield AuditEvent(imported=True, **row)


def account_of(made: Plan) -> Account:
    """The account that the plan's events happen in."""
    return _account(made.seed, made.per_day)


@cache
def _account(seed: int, per_day: float) -> Account:
    return accounts.account(seed, per_day)


def _rows(made: Plan, since: datetime, until: datetime) -> Rows:
    since = max(since, made.start)
    first, last = (since.date() - _EPOCH).days, (until.date() - _EPOCH).days
    found = rows_of_days(made, np.arange(first - _REACH_DAYS, last + _REACH_DAYS, dtype=np.int64))
    inside = (found.at >= _microseconds(since)) & (found.at < _microseconds(until))
    chosen = np.flatnonzero(inside)
    return found.where(chosen[np.lexsort((found.key[chosen], found.at[chosen]))])


def rows_of_days(made: Plan, days: Ints) -> Rows:
    """Everything that begins on these days, in no order; it may end a little outside of them."""
    account = account_of(made)
    anchor = (made.anchor - _EPOCH).days
    first, last = int(days[0]), int(days[-1])
    which = scenes.cycles(anchor, first, last)
    out = scenes.outages(anchor, which)
    return joined(
        [
            people_rows(account, days, made.rate, out),
            strangers_rows(account, days, made.per_day),
            timer_rows(account, days, made.rate, out),
            upkeep_rows(account, days, made.per_day, out),
            token_rows(account, days, made.per_day, made.rate, scenes.replacements(anchor, last)),
            scenes.scenes_rows(account, anchor, which, made.per_day / USUAL_PER_DAY),
        ]
    )


def _microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
