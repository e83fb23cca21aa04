"""What people do: they sign in during their working hours, do things, and mostly sign out. Strangers try the door."""

import numpy as np

from dashboard.demo import names, places, worktime
from dashboard.demo.account import Account
from dashboard.demo.actions import ADMIN_STAIRCASE, CODE, TARGET_OF, USER_STAIRCASE, Target, pick
from dashboard.demo.chance import (
    Bools,
    Floats,
    Ints,
    Keys,
    about,
    below,
    bits,
    exponential,
    key,
    lognormal,
    spread_out,
    uniform,
)
from dashboard.demo.incidents import Outage, out_at
from dashboard.demo.rows import Form, Kind, Rows, joined, rows

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
_STREAM_DAYS, _STREAM_AWAY, _STREAM_TRIPS, _STREAM_LINES, _STREAM_STRANGERS = 10, 11, 12, 13, 14
_SESSIONS_A_DAY, _ACTIONS_A_SESSION, _PAUSE_S = 1.45, 4.6, 150.0
_MOST_ACTIONS = 45
_TRIP = 0.015  # share of weeks that somebody spends at another office
_EVENING = 0.05  # share of sessions after dinner
_SIGNS_OUT = 0.6


def people_rows(account: Account, days: Ints, rate: float, outages: tuple[Outage, ...]) -> Rows:
    """All sessions that begin on these local days, with what they set off; `rate` 1 is the usual busyness."""
    place, person, session = _sessions(account, days, rate)
    day = days[place]
    begin = _begins_at(account, day, person, session)
    address = _addresses(account, day, person, key(account.seed, _STREAM_DAYS, day, person))
    mine = _events(account, person, begin, address, session)
    return joined([mine, _consequences(account, mine, outages)])


def _sessions(account: Account, days: Ints, rate: float) -> tuple[Ints, Ints, Keys]:
    """For each session: the place of its day in `days`, its person, its key."""
    who = np.arange(account.people)
    grid = key(account.seed, _STREAM_DAYS, days[:, None], who[None, :])
    working = _working(account, days, grid)
    looks_in = ~working & (uniform(grid, 1) < account.weekends)
    mean = _SESSIONS_A_DAY * rate * account.busyness * np.where(working, 1.0, np.where(looks_in, 0.8, 0.0))
    group, ordinal = spread_out(about(grid, 2, mean).ravel())
    place, person = np.divmod(group, account.people)
    return place, person, key(grid.ravel()[group], ordinal)


def _working(account: Account, days: Ints, grid: Keys) -> Bools:
    offices = range(len(places.OFFICES))
    open_days = np.stack([(worktime.weekday(days) < 5) & ~worktime.holiday(office, days) for office in offices])
    who = np.arange(account.people)
    weeks = (days[:, None] + 3 + 2 * who[None, :]) // 7
    away = uniform(key(account.seed, _STREAM_AWAY, weeks, who), 0) < 0.06
    ill = uniform(grid, 0) < 0.03
    return np.asarray(open_days[account.office].T & ~away & ~ill, dtype=np.bool_)


def _begins_at(account: Account, day: Ints, person: Ints, session: Keys) -> Ints:
    """Microseconds since 1970, UTC, of each session's first event."""
    share = worktime.within_day(uniform(session, 0))
    local = account.starts_at[person] + account.works_hours[person] * share
    evening = uniform(session, 1) < _EVENING
    local = np.where(evening, 20.0 + 2.5 * uniform(session, 2), local)
    offset = np.zeros(len(day), dtype=np.int64)
    for office in range(len(places.OFFICES)):
        there = account.office[person] == office
        offset[there] = worktime.offset_hours(office, day[there])
    return day * DAY_US + ((local - offset) * HOUR_US).astype(np.int64)


_LINE_OF_OFFICE = np.array([places.INDEX[office[0].cidr] for office in places.OFFICES], dtype=np.int64)


def _addresses(account: Account, day: Ints, person: Ints, today: Keys) -> Ints:
    """The office's line, or the line at home, whose address its provider changes every three weeks; some travel."""
    office = account.office[person]
    week = (day + 3) // 7
    trip = key(account.seed, _STREAM_TRIPS, week, person)
    away = uniform(trip, 0) < _TRIP
    office = np.where(away, (office + 1 + below(trip, 1, len(places.OFFICES) - 1)) % len(places.OFFICES), office)
    line = _LINE_OF_OFFICE[office]
    at_work = places.FIRST[line] + 10 + person % 2
    home = account.home[person]
    lease = key(account.seed, _STREAM_LINES, person, (day + person) // 21)
    at_home = places.FIRST[home] + 1 + below(lease, 0, places.SIZE[home] - 2)
    remote = ~away & (uniform(today, 3) < account.remote[person])
    return np.where(remote, at_home, at_work)


def _events(account: Account, person: Ints, begin: Ints, address: Ints, session: Keys) -> Rows:
    """The events of each session: failed tries, signing in, what was done, signing out."""
    slips = np.searchsorted([0.955, 0.986, 0.996], uniform(session, 3), side="right")
    actions = np.minimum((exponential(session, 4) * _ACTIONS_A_SESSION).astype(np.int64), _MOST_ACTIONS)
    leaves = (uniform(session, 5) < _SIGNS_OUT).astype(np.int64)
    counts = slips + 1 + actions + leaves
    group, step = spread_out(counts)
    own = key(session[group], step)
    who = person[group]
    early = step <= slips[group]
    pause_s = np.where(early, 6 + 20 * uniform(own, 0), 3 + _PAUSE_S * exponential(own, 0))
    act, form = _acts(account, own, who, step - slips[group], (step == counts[group] - 1) & (leaves[group] == 1))
    return rows(
        begin[group] + _since_first(pause_s, counts),
        own,
        act,
        actor=who,
        kind=np.where(account.admin[who], Kind.ADMIN, Kind.USER),
        target=targets(account, own, act, who),
        address=address[group],
        agent=account.agent[who],
        request=bits(own, 20) >> np.uint64(16),
        form=form,
        amount=np.where(form == Form.SIZE, lognormal(own, 9, 6e7, 1.6).astype(np.int64), 0),
        count=np.where(form == Form.ATTEMPT, step + 1, 0),
    )


def _since_first(pause_s: Floats, counts: Ints) -> Ints:
    """Adds up the pauses within each session, in microseconds; the first event comes at once.

    In whole numbers: a sum of floats would depend on which other sessions are made along with this one.
    """
    total = np.cumsum((pause_s * 1e6).astype(np.int64))
    first = np.repeat(total[(np.cumsum(counts) - counts)[counts > 0]], counts[counts > 0])
    passed: Ints = total - first
    return passed


def _acts(account: Account, own: Keys, who: Ints, after_login: Ints, last: Bools) -> tuple[Ints, Ints]:
    share = uniform(own, 1)
    done = np.where(account.admin[who], pick(ADMIN_STAIRCASE, share), pick(USER_STAIRCASE, share))
    slip = np.where(uniform(own, 2) < 0.8, CODE["wrong_password"], CODE["wrong_code"])
    act = np.where(last, CODE["logout"], done)
    act = np.where(after_login == 0, CODE["login"], act)
    act = np.where(after_login < 0, slip, act)
    form = np.where(act == CODE["backup_downloaded"], Form.SIZE, Form.NOTHING)
    form = np.where(after_login == 0, Form.LOGIN, form)
    return act, np.where(after_login < 0, Form.ATTEMPT, form)


def targets(account: Account, own: Keys, act: Ints, who: Ints) -> Ints:
    """What each action is done to: mostly repositories that the person looks after, each favourite more often."""
    kind = TARGET_OF[act]
    count = account.kind_count[kind]
    share = uniform(own, 6)
    place = (share * count).astype(np.int64)
    near = (account.focus[who % account.people] + (share**2 * 18).astype(np.int64)) % account.repositories
    place = np.where((kind == Target.REPOSITORY) & (uniform(own, 7) < 0.85), near, place)
    place = np.where(kind == Target.PERSON, (share * account.people).astype(np.int64), place)
    place = np.where(kind == Target.TOKEN, who, place)
    return np.where(kind == Target.NOTHING, -1, account.kind_first[kind] + place)


def _consequences(account: Account, mine: Rows, outages: tuple[Outage, ...]) -> Rows:
    """Backups and restores that people started end some minutes later, by the system's hand."""
    begun = mine.where((mine.act == CODE["backup_by_hand"]) | (mine.act == CODE["restore_started"]))
    own = key(begun.key, 1)
    restore = begun.act == CODE["restore_started"]
    repository = begun.target - account.kind_first[Target.REPOSITORY]
    out = ~restore & out_at(outages, account.storage_of[repository], begun.at)
    fails = out | (uniform(own, 0) < np.where(restore, 0.06, 0.02))
    ended = np.where(
        restore,
        np.where(fails, CODE["restore_failed"], CODE["restore_completed"]),
        np.where(out, CODE["failed_storage"], np.where(fails, CODE["failed_timeout"], CODE["backup_completed"])),
    )
    seconds = np.minimum(lognormal(own, 1, 75.0, 0.9), 3600.0)
    return rows(
        begun.at + (seconds * 1e6).astype(np.int64),
        own,
        ended,
        target=begun.target,
        request=begun.request,
        form=np.where(fails, Form.FAILED, Form.DONE),
        amount=np.where(fails, 0, account.size_bytes[repository]),
        count=np.where(fails, 3, seconds),
        word=account.storage_of[repository],
    )


def strangers_rows(account: Account, days: Ints, per_day: float) -> Rows:
    """Strangers who guess names at the door: a handful a day, from everywhere, one to four tries each."""
    visits = about(key(account.seed, _STREAM_STRANGERS, days), 0, per_day / 250.0)
    place, ordinal = spread_out(visits)
    visit = key(account.seed, _STREAM_STRANGERS, days[place], 1 + ordinal)
    line = below(visit, 0, len(places.STRANGERS)) + places.INDEX[places.STRANGERS[0].cidr]
    group, step = spread_out(1 + below(visit, 1, 4))
    own = key(visit[group], step)
    begin = days[place] * DAY_US + (uniform(visit, 2) * DAY_US).astype(np.int64)
    act = np.full(len(own), CODE["unknown_user"], dtype=np.int64)
    return rows(
        begin[group] + step * 4_000_000 + (uniform(own, 0) * 2e6).astype(np.int64),
        own,
        act,
        kind=Kind.ANONYMOUS,
        target=targets(account, own, act, np.zeros(len(own), dtype=np.int64)),
        address=(places.FIRST[line] + 1 + below(visit, 3, places.SIZE[line] - 2))[group],
        agent=np.where(uniform(visit, 4) < 0.5, names.CURL, names.GO)[group],
        request=bits(own, 20) >> np.uint64(16),
        form=Form.ATTEMPT,
        count=step + 1,
    )
