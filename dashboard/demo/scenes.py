"""The stories of `stories`, played: the same every cycle of 28 days, counted from the day of the first fill."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from dashboard.demo import names, places
from dashboard.demo.account import Account
from dashboard.demo.actions import ACTS, CODE, Target
from dashboard.demo.chance import below, bits, key, uniform
from dashboard.demo.incidents import Outage, Replacement
from dashboard.demo.people import DAY_US, HOUR_US
from dashboard.demo.rows import Form, Kind, Rows, joined, rows
from dashboard.demo.stories import CYCLE_DAYS, EARLIEST_DAYS_BEFORE, STORIES

MINUTE_US, SECOND_US = 60_000_000, 1_000_000
_STREAM_SCENES = 30
_BACKUP_BYTES = 41_000_000
_OUT = names.STORAGES.index("azure-west-europe")
_DAYS_BEFORE = {story.name: story.days_before for story in STORIES}


def cycles(anchor: int, first_day: int, last_day: int) -> range:
    """The cycles of which a story can touch these days."""
    first = (first_day - anchor) // CYCLE_DAYS
    last = (last_day - anchor + EARLIEST_DAYS_BEFORE) // CYCLE_DAYS
    return range(max(0, first), max(-1, last) + 1)


def outages(anchor: int, which: Iterable[int]) -> tuple[Outage, ...]:
    """The storage outage of each cycle: 13:05 to 16:40 UTC."""
    starts = (_start(anchor, cycle, "storage-outage") for cycle in which)
    return tuple(Outage(_OUT, day + 785 * MINUTE_US, day + 1000 * MINUTE_US) for day in starts)


def replacements(anchor: int, last_day: int) -> tuple[Replacement, ...]:
    """When the leaked token was revoked, in all cycles up to this day."""
    starts = (
        _start(anchor, cycle, "leaked-token") for cycle in cycles(anchor, anchor - EARLIEST_DAYS_BEFORE, last_day)
    )
    return tuple(Replacement(0, day + DAY_US + 552 * MINUTE_US) for day in starts)


def _start(anchor: int, cycle: int, story: str) -> int:
    """Midnight of the story's day, in microseconds."""
    return (anchor + cycle * CYCLE_DAYS - _DAYS_BEFORE[story]) * DAY_US


@dataclass(slots=True, eq=False)
class Scene:
    """Collects what one person at one address does, in order; the clock moves on with each act."""

    account: Account
    place: tuple[int, int, int]  # cycle, story, scene: names the scene's chance
    at: int
    actor: int
    address: int
    agent: int
    kind: Kind = Kind.ADMIN
    parts: list[Rows] = field(default_factory=list)

    def does(self, act: str, target: int = -1, *, then_s: float = 20.0) -> None:
        """One act; the next one follows after `then_s` seconds, give or take a third."""
        own = key(self.account.seed, _STREAM_SCENES, *self.place, len(self.parts))
        form = _FORMS.get(act, Form.NOTHING)
        self.parts.append(
            rows(
                np.array([self.at], dtype=np.int64),
                own,
                CODE[act],
                actor=self.actor,
                kind=self.kind,
                target=target,
                address=self.address,
                agent=self.agent,
                request=bits(own, 20) >> np.uint64(16),
                form=form,
                amount=_BACKUP_BYTES + below(own, 1, _BACKUP_BYTES) if form == Form.SIZE else 0,
                count=len(self.parts) + 1 if form == Form.ATTEMPT else 0,
            )
        )
        self.at += int(then_s * SECOND_US * (0.67 + 0.66 * float(uniform(own, 0)[0])))

    def on(self, act: str, name: str, *, then_s: float = 20.0) -> None:
        """One act on a thing that is called by its name."""
        self.does(act, self.account.target(Target(ACTS[act].target), name), then_s=then_s)

    def repositories(self, act: str, count: int, *, first: int = 0, then_s: float) -> None:
        """The same act on one repository after the other."""
        begin = int(self.account.kind_first[Target.REPOSITORY])
        for number in range(count):
            self.does(act, begin + (first + number) % self.account.repositories, then_s=then_s)


_FORMS = {
    "login": Form.LOGIN,
    "login_password": Form.LOGIN,
    "wrong_password": Form.ATTEMPT,
    "backup_downloaded": Form.SIZE,
}


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One cycle of stories on one account; `size` below 1 makes the crowds of a small demo smaller."""

    account: Account
    anchor: int
    cycle: int
    size: float

    def crowd(self, count: int) -> int:
        return max(5, round(count * self.size))

    def scene(
        self, story: str, number: int, after_us: int, who: str, address: int, agent: int = 0, kind: Kind = Kind.ADMIN
    ) -> Scene:
        place = (self.cycle, [told.name for told in STORIES].index(story), number)
        return Scene(
            self.account,
            place,
            _start(self.anchor, self.cycle, story) + after_us,
            self.account.actor(who),
            address,
            agent,
            kind,
        )

    def desk(self, who: str) -> int:
        """The address of somebody's office line."""
        person = self.account.actor(who)
        return places.OFFICES[int(self.account.office[person])][0].first + 10 + person % 2


def scenes_rows(account: Account, anchor: int, which: Iterable[int], size: float) -> Rows:
    """All stories of these cycles; nothing when there are none."""
    parts = [rows(np.array([], dtype=np.int64), np.array([], dtype=np.uint64), 0)]
    for cycle in which:
        stage = Stage(account, anchor, cycle, min(1.0, size))
        for play in (_brute_force, _spraying, _journey, _deletion, _leaked_token, _outage):
            for scene in play(stage):
                parts.extend(scene.parts)
    return joined(parts)


def _brute_force(stage: Stage) -> list[Scene]:
    den = places.BUCHAREST[0]
    tries = stage.crowd(180)
    found = []
    for number in range(3):
        guessing = stage.scene(
            "brute-force",
            number,
            134 * MINUTE_US + number * 5 * SECOND_US,
            "jonas.weber",
            places.address(den, 2560 + 7 * number),
            names.REQUESTS,
        )
        for _ in range(tries // 3):
            guessing.does("wrong_password", then_s=1600 / (tries / 3))
        found.append(guessing)
    thief = stage.scene("brute-force", 3, 164 * MINUTE_US, "jonas.weber", places.address(den, 2574), 0)
    thief.does("login_password", then_s=70)
    thief.does("two_factor_off", then_s=60)
    thief.on("token_created", "jonas.weber-cli", then_s=45)
    thief.repositories("backup_downloaded", 6, first=30, then_s=40)
    thief.does("logout")
    back = stage.scene("brute-force", 4, 450 * MINUTE_US, "jonas.weber", stage.desk("jonas.weber"), 2)
    for act in ("login", "password", "two_factor_on"):
        back.does(act, then_s=60)
    admin = stage.scene("brute-force", 5, 462 * MINUTE_US, "elif.kaya", stage.desk("elif.kaya"), 1)
    admin.does("login", then_s=60)
    admin.on("token_revoked", "jonas.weber-cli")
    return [*found, thief, back, admin]


def _spraying(stage: Stage) -> list[Scene]:
    servers = [
        places.address(network, 3000 + 611 * turn)
        for turn in range(3)
        for network in (places.ROUBAIX[turn % 2], places.AMSTERDAM[turn % 2])
    ]
    accounts = min(stage.crowd(45), stage.account.people)
    found = []
    for number in range(accounts):
        spread = float(uniform(key(stage.account.seed, _STREAM_SCENES, stage.cycle, number), 0)[0])
        who = stage.account.actors[number]
        kind = Kind.ADMIN if stage.account.admin[number] else Kind.USER
        spraying = stage.scene(
            "password-spraying",
            number,
            10 * HOUR_US + int(spread * 5.6 * HOUR_US),
            who,
            servers[number % len(servers)],
            names.GO,
            kind,
        )
        for _ in range(2 + number % 2):
            spraying.does("wrong_password", then_s=400)
        found.append(spraying)
    return found


def _journey(stage: Stage) -> list[Scene]:
    at_home = stage.scene(
        "impossible-journey", 0, 482 * MINUTE_US, "deniz.arslan", stage.desk("deniz.arslan"), 1, Kind.USER
    )
    at_home.does("login", then_s=400)
    for _ in range(3):
        at_home.repositories("repository_updated", 1, first=12, then_s=700)
        at_home.repositories("backup_by_hand", 1, first=14, then_s=700)
    at_home.does("logout")
    far_away = stage.scene(
        "impossible-journey",
        1,
        522 * MINUTE_US,
        "deniz.arslan",
        places.address(places.SAO_PAULO[2], 41_000),
        0,
        Kind.USER,
    )
    far_away.does("login_password", then_s=60)
    far_away.repositories("backup_downloaded", 3, first=60, then_s=75)
    return [at_home, far_away]


def _deletion(stage: Stage) -> list[Scene]:
    line = places.address(places.ISTANBUL[1], 4711)
    newcomer = names.NEW_ADMINS[stage.cycle % len(names.NEW_ADMINS)]
    maker = stage.scene("mass-deletion", 0, 1351 * MINUTE_US, "elif.kaya", line, 0)
    maker.does("login", then_s=540)
    maker.on("user_created", newcomer)
    maker.on("role_owner", newcomer)
    night = stage.scene("mass-deletion", 1, 1372 * MINUTE_US, newcomer, line, 0)
    night.does("login_password", then_s=120)
    night.on("policy_disabled", "immutable-backups", then_s=90)
    repositories = stage.crowd(38)
    night.repositories("backup_deleted", stage.crowd(54), then_s=16)
    night.repositories("repository_deleted_live", repositories, then_s=18)
    night.does("logout")
    morning = stage.scene(
        "mass-deletion", 2, DAY_US + 500 * MINUTE_US, "oliver.bennett", stage.desk("oliver.bennett"), 3
    )
    morning.does("login", then_s=200)
    morning.on("user_disabled", newcomer, then_s=60)
    morning.on("policy_enabled", "immutable-backups", then_s=300)
    morning.repositories("restore_started", repositories, then_s=50)
    done = stage.scene("mass-deletion", 3, DAY_US + 512 * MINUTE_US, "oliver.bennett", -1, -1, Kind.SYSTEM)
    done.actor = -1
    done.repositories("restore_completed", repositories, then_s=55)
    return [maker, night, morning, done]


def _leaked_token(stage: Stage) -> list[Scene]:
    token = stage.account.actors[stage.account.token(0, stage.cycle)]
    successor = stage.account.actors[stage.account.token(0, stage.cycle + 1)]
    thief = stage.scene(
        "leaked-token", 0, 190 * MINUTE_US, token, places.address(places.SANTIAGO[0], 77_131), names.CURL, Kind.TOKEN
    )
    for _ in range(3):
        thief.does("token_denied", then_s=15)
    downloads = stage.crowd(64)
    thief.repositories("backup_downloaded", downloads, first=5, then_s=4700 / downloads)
    admin = stage.scene("leaked-token", 1, DAY_US + 545 * MINUTE_US, "oliver.bennett", stage.desk("oliver.bennett"), 3)
    admin.does("login", then_s=1)
    admin.at = _start(stage.anchor, stage.cycle, "leaked-token") + DAY_US + 552 * MINUTE_US
    admin.on("token_revoked", token, then_s=30)
    admin.on("token_created", successor)
    return [thief, admin]


def _outage(stage: Stage) -> list[Scene]:
    checks = stage.scene("storage-outage", 0, 790 * MINUTE_US, "elif.kaya", -1, -1, Kind.SYSTEM)
    checks.actor = -1
    for _ in range(14):
        checks.on("storage_failed", "azure-west-europe", then_s=890)
    checks.at = outages(stage.anchor, [stage.cycle])[0].until_us + 2 * MINUTE_US
    checks.on("storage_checked", "azure-west-europe")
    retries = stage.scene("storage-outage", 1, 786 * MINUTE_US, "elif.kaya", -1, -1, Kind.SYSTEM)
    retries.actor = -1
    there = np.flatnonzero(stage.account.storage_of == _OUT)
    count = stage.crowd(48)
    for number in range(count):
        repository = int(there[number % len(there)])
        retries.repositories("failed_storage", 1, first=repository, then_s=12_000 / count)
    return [checks, retries]
