"""The account: who is in it, with which habits, and what they look after. A pure function of the seed and the size."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.demo import names, places
from dashboard.demo.actions import Target
from dashboard.demo.chance import Bools, Floats, Ints, below, key, lognormal, uniform

OFFICE_SHARES = (16, 9, 8, 9, 7, 6, 5)  # of 60 people
USUAL_PER_DAY = 60_000 / 90
_PERIODS_HOURS = (1, 4, 24, 6, 24, 12, 2, 168, 1, 4, 24, 2)  # of names.SCHEDULES
_TIMER_SHARE = 0.11  # of all events
_SPARES, _NEWCOMERS, _TOKEN_LIVES = 400, 150, 30
_STREAM_HABITS = 1


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """Arrays hold one entry a person, a repository or a schedule; names are looked up by number."""

    seed: int
    actors: tuple[str, ...]  # people, then tokens (each with its successors), then the admins of the stories
    targets: tuple[str, ...]  # every name an event can be about
    kind_first: Ints  # by Target: the first of its targets ...
    kind_count: Ints  # ... and how many there are
    office: Ints
    admin: Bools
    starts_at: Floats  # local hour
    works_hours: Floats
    busyness: Floats  # 1 is usual
    remote: Floats  # how often the person works from home
    weekends: Floats  # how often the person looks in on a day off
    agent: Ints
    home: Ints  # place of the line at home, in places.ALL
    focus: Ints  # the first of the repositories the person looks after
    storage_of: Ints  # by repository
    size_bytes: Floats  # by repository
    schedule: Ints  # by timer: which of names.SCHEDULES it is
    period_hours: Ints  # by timer
    minute: Ints  # by timer, of the day

    @property
    def people(self) -> int:
        return len(self.office)

    @property
    def repositories(self) -> int:
        return int(self.kind_count[Target.REPOSITORY])

    def actor(self, name: str) -> int:
        return self.actors.index(name)

    def target(self, kind: Target, name: str) -> int:
        first = int(self.kind_first[kind])
        return self.targets.index(name, first, first + int(self.kind_count[kind]))

    def token(self, number: int, life: int) -> int:
        """The actor that token `number` is after it was replaced `life` times."""
        return self.people + number * _TOKEN_LIVES + min(life, _TOKEN_LIVES - 1)


def size_of(per_day: float) -> tuple[int, int]:
    """How many people and repositories make so many events a day: 60 and 200, more in a busier account."""
    growth = max(1.0, per_day / (2 * USUAL_PER_DAY))
    return round(60 * min(growth, 25.0)), round(200 * min(growth, 12.0))


def account(seed: int, per_day: float) -> Account:
    """The account of this seed. Takes milliseconds."""
    people_count, repository_count = size_of(per_day)
    offices, people = _staff(people_count)
    tokens = [name if not life else f"{name}-{life + 1}" for name in names.TOKENS for life in range(_TOKEN_LIVES)]
    actors = (*people, *tokens, *names.NEW_ADMINS)
    targets, first, count = _targets(actors, repository_count)
    schedules, periods, minutes = _timers(seed, per_day)
    who = key(seed, _STREAM_HABITS, np.arange(people_count))
    what = key(seed, _STREAM_HABITS, 1_000_000 + np.arange(repository_count))
    homes = [[places.INDEX[network.cidr] for network in office[1:]] for office in places.OFFICES]
    return Account(
        seed=seed,
        actors=actors,
        targets=targets,
        kind_first=first,
        kind_count=count,
        office=offices,
        admin=_admins(offices),
        starts_at=8.0 + 2.2 * uniform(who, 0),
        works_hours=7.6 + 1.9 * uniform(who, 1),
        busyness=np.clip(lognormal(who, 2, 0.9, 0.5), 0.25, 3.0),
        remote=uniform(who, 4) ** 1.6,
        weekends=np.where(uniform(who, 5) < 0.15, 0.25, 0.025),
        agent=below(who, 6, names.BROWSERS - 1),
        home=np.array(
            [homes[o][int(u * len(homes[o]))] for o, u in zip(offices, uniform(who, 7), strict=True)], dtype=np.int64
        ),
        focus=below(who, 8, repository_count),
        storage_of=below(what, 0, len(names.STORAGES)),
        size_bytes=lognormal(what, 1, 6e7, 1.6),
        schedule=schedules,
        period_hours=periods,
        minute=minutes,
    )


def _staff(count: int) -> tuple[Ints, list[str]]:
    """Offices in turn by their share, so that the first people are the same in an account of any size."""
    pattern: list[int] = []
    for turn in range(max(OFFICE_SHARES)):
        pattern += [office for office, share in enumerate(OFFICE_SHARES) if turn < share]
    offices = np.resize(np.array(pattern, dtype=np.int64), count)
    queues = [iter(names.people(office, int((offices == office).sum()))) for office in range(len(OFFICE_SHARES))]
    return offices, [next(queues[office]) for office in offices]


def _admins(offices: Ints) -> Bools:
    """The first person of each office, and about one in thirty of the others."""
    place = np.arange(len(offices))
    return np.asarray((place < len(OFFICE_SHARES)) | (place % 31 == 30), dtype=np.bool_)


def _targets(actors: tuple[str, ...], repositories: int) -> tuple[tuple[str, ...], Ints, Ints]:
    names_of: dict[Target, list[str]] = {
        Target.NOTHING: [],
        Target.REPOSITORY: names.repositories(repositories),
        Target.SPARE: [f"sandbox-{number:03d}" for number in range(_SPARES)],
        Target.PERSON: list(actors),
        Target.NEWCOMER: [f"{name}@{names.DOMAIN}" for name in names.people(0, _NEWCOMERS)[16:]],
        Target.ROLE: list(names.ROLES),
        Target.POLICY: list(names.POLICIES),
        Target.STORAGE: list(names.STORAGES),
        Target.SCHEDULE: list(names.SCHEDULES),
        Target.TOKEN: [*(f"{name}-cli" for name in actors), *actors],  # everyone's own first
        Target.SETTING: list(names.SETTINGS),
        Target.GUESS: list(names.GUESSED_NAMES),
    }
    counts = np.array([len(names_of[kind]) for kind in Target], dtype=np.int64)
    flat = tuple(name for kind in Target for name in names_of[kind])
    return flat, np.cumsum(counts) - counts, counts


def _timers(seed: int, per_day: float) -> tuple[Ints, Ints, Ints]:
    """Name, period in hours and minute of the day of each timer: as many as fire often enough."""
    wanted, kept, fires = per_day * _TIMER_SHARE, [2], 24 / _PERIODS_HOURS[2]  # nightly-all is always there
    for number in range(300 * len(_PERIODS_HOURS)):
        name = number % len(_PERIODS_HOURS)
        if number != 2 and fires + 24 / _PERIODS_HOURS[name] <= wanted:
            kept.append(name)
            fires += 24 / _PERIODS_HOURS[name]
    lines = key(seed, _STREAM_HABITS, 2_000_000 + np.arange(len(kept)))
    schedule = np.array(kept, dtype=np.int64)
    return schedule, np.array(_PERIODS_HOURS, dtype=np.int64)[schedule], below(lines, 0, 24 * 60)


ADDRESS_OF_TOKEN: NDArray[np.int64] = np.array(
    [places.address(places.CLOUDS[n % len(places.CLOUDS)], 40_000 + 7_919 * n) for n in range(len(names.TOKENS))],
    dtype=np.int64,
)
