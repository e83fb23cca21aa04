"""Fills the log of a demo home up to now, and remembers in the home how far it got."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, Self

from dashboard.config import Settings
from dashboard.demo import stream
from dashboard.demo.stream import Plan
from dashboard.errors import UsageError
from dashboard.events.times import format_time, parse_time
from dashboard.record.append import Appender, in_batches

DEFAULT_EVENTS, DEFAULT_DAYS, DEFAULT_SEED = 60_000, 90, 7
MOST_EVENTS, MOST_DAYS = 20_000_000, 3_650
_FILE = "demo.json"
_STRETCH_EVENTS = 200_000  # so many are in memory at a time


class DemoLog(Protocol):
    """What filling needs of a log."""

    @property
    def demo(self) -> bool: ...
    @property
    def log_id(self) -> str: ...
    @property
    def settings(self) -> Settings: ...
    def appender(self) -> AbstractContextManager[Appender]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """The size of the demo; None is whatever it has, or the default when there is none yet."""

    events: int | None = None
    days: int | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """What a fill did with how many events; `since` and `until` are the stretch it made."""

    accepted: int
    duplicates: int
    conflicts: int
    since: datetime
    until: datetime
    plan: Plan


@dataclass(frozen=True, slots=True)
class State:
    """The plan of a home, what was asked for, and where the next top-up begins."""

    log_id: str
    events: int
    days: int
    plan: Plan
    until: datetime
    next_seq: int

    def to_json(self) -> dict[str, Any]:
        return {
            "log_id": self.log_id,
            "events": self.events,
            "days": self.days,
            "plan": self.plan.to_json(),
            "until": format_time(self.until),
            "next_seq": self.next_seq,
        }

    @classmethod
    def from_json(cls, kept: Any) -> Self:
        """Raises KeyError, TypeError or ValueError for anything that `to_json` did not write."""
        return cls(
            log_id=str(kept["log_id"]),
            events=int(kept["events"]),
            days=int(kept["days"]),
            plan=Plan.from_json(kept["plan"]),
            until=parse_time(kept["until"]),
            next_seq=int(kept["next_seq"]),
        )


def top_up(
    log: DemoLog, asked: Asked, *, now: datetime | None = None, progress: Callable[[int], None] | None = None
) -> Filled:
    """Appends exactly the events between the last fill and now; on a new home, all of them.

    What was stored before an interruption is a duplicate the next time. `progress` hears of every batch.
    Raises UsageError when the log is a real one, or when another size or seed is asked for than the home has.
    """
    if not log.demo:
        raise UsageError(
            "This log is a real one; a demo event never goes into it.", "Set AUDITLENS_HOME to a new folder."
        )
    now = (now or datetime.now(UTC)).astimezone(UTC)
    path = log.settings.home / _FILE
    state = _kept(path, log.log_id)
    if state is None:
        state = _begun(log.log_id, asked, now)
        _keep(path, state)  # an interrupted first fill goes on with the same plan
    else:
        _check_same(state, asked)
    since, accepted, duplicates, conflicts = state.until, 0, 0, 0
    with log.appender() as appender:
        for stretch in _stretches(state, now):
            table = stream.frame(state.plan, state.until, stretch, first_seq=state.next_seq)
            for batch in in_batches(stream.events(table)):
                done = appender.append(batch)
                accepted += done.accepted
                duplicates += done.duplicates
                conflicts += len(done.conflicts)
                if progress is not None:
                    progress(len(batch))
            state = _moved_on(state, stretch, table.height)
            _keep(path, state)
    return Filled(accepted, duplicates, conflicts, since, max(since, now), state.plan)


def _begun(log_id: str, asked: Asked, now: datetime) -> State:
    events = DEFAULT_EVENTS if asked.events is None else asked.events
    days = DEFAULT_DAYS if asked.days is None else asked.days
    seed = DEFAULT_SEED if asked.seed is None else asked.seed
    if not 1 <= events <= MOST_EVENTS or not 1 <= days <= MOST_DAYS:
        raise UsageError(
            f"A demo holds 1 to {MOST_EVENTS:,} events in 1 to {MOST_DAYS:,} days.",
            "For more events see `demo --bench`.",
        )
    plan = stream.plan(events=events, days=days, seed=seed, now=now)
    return State(log_id, events, days, plan, plan.start, 1)


def _check_same(state: State, asked: Asked) -> None:
    has = {"events": state.events, "days": state.days, "seed": state.plan.seed}
    for name, value in has.items():
        wanted = getattr(asked, name)
        if wanted is not None and wanted != value:
            raise UsageError(
                f"This demo was made with --{name} {value}; what is recorded can't be made different.",
                "Set AUDITLENS_HOME to a new folder for another demo.",
            )


def _stretches(state: State, now: datetime) -> Iterator[datetime]:
    """The ends of pieces that fit into memory, the last one being now."""
    piece = timedelta(days=max(1.0, _STRETCH_EVENTS / state.plan.per_day))
    end = state.until
    while end < now:
        end = min(end + piece, now)
        yield end


def _moved_on(state: State, until: datetime, events: int) -> State:
    return State(state.log_id, state.events, state.days, state.plan, until, state.next_seq + events)


def _kept(path: Path, log_id: str) -> State | None:
    """The state of this home; None when there is none, or when it tells of another log that is gone."""
    try:
        state = State.from_json(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, KeyError, TypeError, ValueError) as wrong:
        raise UsageError(f"{path} can't be read: {wrong}", "Set AUDITLENS_HOME to a new folder.") from wrong
    return state if state.log_id == log_id else None


def _keep(path: Path, state: State) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(state.to_json(), indent=1) + "\n", encoding="utf-8")
    fresh.replace(path)
