"""What machines do: timers fire day and night, backups run, old ones expire, storages are checked, API tokens call."""

import numpy as np

from dashboard.demo import names
from dashboard.demo.account import ADDRESS_OF_TOKEN, USUAL_PER_DAY, Account
from dashboard.demo.actions import ACTS, CODE, Target, cumulated, pick
from dashboard.demo.chance import Ints, Keys, about, below, bits, key, lognormal, spread_out, uniform
from dashboard.demo.incidents import Outage, Replacement, out_at
from dashboard.demo.people import DAY_US, HOUR_US, targets
from dashboard.demo.rows import Form, Kind, Rows, joined, rows

_STREAM_TIMERS, _STREAM_CHECKS, _STREAM_TOKENS = 20, 21, 22
_BACKUPS_A_FIRING, _EXPIRIES_A_DAY, _CALLS_A_DAY = 1.5, 12.0, 9.0
_REASONS = np.array(
    [CODE[name] for name in ("failed_timeout", "failed_credential", "failed_limit", "failed_lfs")], dtype=np.int64
)
_CHECK_HOURS = 6


def timer_rows(account: Account, days: Ints, rate: float, outages: tuple[Outage, ...]) -> Rows:
    """Timers that fire on these UTC days, at the same minute each time, and the backups they set off."""
    hour = days[:, None] * 24 + np.arange(24)
    due = (hour[:, :, None] - account.minute // 60) % account.period_hours == 0
    place, hour_of_day, timer = np.nonzero(due)
    begins_hour = days[place] * 24 + hour_of_day
    firing = key(account.seed, _STREAM_TIMERS, begins_hour, timer)
    at = (
        begins_hour * HOUR_US
        + account.minute[timer] % 60 * 60_000_000
        + (200_000 + uniform(firing, 0) * 1.8e6).astype(np.int64)
    )
    run = bits(firing, 20) >> np.uint64(16)
    fired = rows(
        at,
        firing,
        CODE["schedule_fired"],
        target=account.kind_first[Target.SCHEDULE] + account.schedule[timer],
        request=run,
    )
    group, ordinal = spread_out(about(firing, 1, _BACKUPS_A_FIRING * rate))
    backups = _backups(account, key(firing[group], ordinal), at[group], run[group], ordinal, outages)
    return joined([fired, backups])


def _backups(account: Account, own: Keys, begin: Ints, run: Keys, ordinal: Ints, outages: tuple[Outage, ...]) -> Rows:
    """A start and an end for each backup."""
    repository = (uniform(own, 0) ** 1.3 * account.repositories).astype(np.int64)
    storage = account.storage_of[repository]
    at = begin + ((2 + 9 * ordinal + 6 * uniform(own, 1)) * 1e6).astype(np.int64)
    out = out_at(outages, storage, at)
    fails = out | (uniform(own, 2) < 0.015)
    seconds = np.where(out, 30.0, np.minimum(lognormal(own, 3, 70.0, 0.9), 3600.0))
    reason = np.where(out, CODE["failed_storage"], _REASONS[below(own, 4, len(_REASONS))])
    target = account.kind_first[Target.REPOSITORY] + repository
    size = account.size_bytes[repository] * (0.9 + 0.2 * uniform(own, 5))
    started = rows(at, own, CODE["backup_started"], target=target, request=run, form=Form.STARTED, word=storage)
    ended = rows(
        at + (seconds * 1e6).astype(np.int64),
        key(own, 1),
        np.where(fails, reason, CODE["backup_completed"]),
        target=target,
        request=run,
        form=np.where(fails, Form.FAILED, Form.DONE),
        amount=np.where(fails, 0, size),
        count=np.where(fails, 3, seconds),
        word=storage,
    )
    return joined([started, ended])


def upkeep_rows(account: Account, days: Ints, per_day: float, outages: tuple[Outage, ...]) -> Rows:
    """Each storage is looked at every six hours; old backups expire after 04:20 UTC."""
    storages = np.arange(len(names.STORAGES))
    slot = (days[:, None] * 24 + np.arange(0, 24, _CHECK_HOURS)).ravel()
    grid = key(account.seed, _STREAM_CHECKS, slot[:, None], storages[None, :])
    looked = about(grid, 0, min(1.0, per_day / USUAL_PER_DAY)) > 0
    turn, storage = np.nonzero(looked)
    own = grid[turn, storage]
    at = slot[turn] * HOUR_US + 11 * 60_000_000 + storage * 3_000_000 + (uniform(own, 1) * 1e6).astype(np.int64)
    out = out_at(outages, storage, at)
    checks = rows(
        at, own, np.where(out, CODE["storage_failed"], CODE["storage_checked"]),
        target=account.kind_first[Target.STORAGE] + storage, request=bits(own, 20) >> np.uint64(16),
    )  # fmt: skip
    place, ordinal = spread_out(
        about(key(account.seed, _STREAM_CHECKS, days), 2, _EXPIRIES_A_DAY * per_day / USUAL_PER_DAY)
    )
    old = key(account.seed, _STREAM_CHECKS, days[place], 100 + ordinal)
    repository = below(old, 0, account.repositories)
    expired = rows(
        days[place] * DAY_US
        + 4 * HOUR_US
        + 20 * 60_000_000
        + ordinal * 700_000
        + (uniform(old, 1) * 6e5).astype(np.int64),
        old,
        CODE["backup_expired"],
        target=account.kind_first[Target.REPOSITORY] + repository,
        request=bits(key(account.seed, days[place]), 20) >> np.uint64(16),
        form=Form.STARTED,
        word=account.storage_of[repository],
    )
    return joined([checks, expired])


_CALLS = {
    "backup_by_hand": 3.0,
    "backup_downloaded": 3.0,
    "repository_updated": 2.0,
    "report_exported": 1.0,
    "token_denied": 0.12,
}
_CALL_STAIRCASE = cumulated([_CALLS.get(name, 0.0) for name in ACTS])
_AGENT_OF_TOKEN = np.resize(
    [names.CLI, names.TERRAFORM, names.REQUESTS, names.REQUESTS, names.CLI, names.GO], len(names.TOKENS)
)


def token_rows(account: Account, days: Ints, per_day: float, rate: float, replaced: tuple[Replacement, ...]) -> Rows:
    """Calls with API tokens: round the clock, each token from its one address."""
    tokens = np.arange(len(names.TOKENS))
    grid = key(account.seed, _STREAM_TOKENS, days[:, None], tokens[None, :])
    calls = about(grid, 0, _CALLS_A_DAY * rate * max(1.0, per_day / USUAL_PER_DAY))
    group, ordinal = spread_out(calls.ravel())
    place, token = np.divmod(group, len(tokens))
    own = key(grid.ravel()[group], ordinal)
    at = days[place] * DAY_US + (uniform(own, 0) * DAY_US).astype(np.int64)
    act = pick(_CALL_STAIRCASE, uniform(own, 1))
    downloads = act == CODE["backup_downloaded"]
    return rows(
        at,
        own,
        act,
        actor=_bearers(account, token, at, replaced),
        kind=Kind.TOKEN,
        target=targets(account, own, act, token),
        address=ADDRESS_OF_TOKEN[token],
        agent=_AGENT_OF_TOKEN[token],
        request=bits(own, 20) >> np.uint64(16),
        form=np.where(downloads, Form.SIZE, Form.NOTHING),
        amount=np.where(downloads, lognormal(own, 9, 6e7, 1.6), 0.0),
    )


def _bearers(account: Account, token: Ints, at: Ints, replaced: tuple[Replacement, ...]) -> Ints:
    """The actor behind each call: a token's successor once it was replaced."""
    life = np.zeros(len(token), dtype=np.int64)
    for change in replaced:
        life += (token == change.token) & (at >= change.at_us)
    first = np.array([account.token(number, 0) for number in range(len(names.TOKENS))], dtype=np.int64)
    lives = account.token(0, 10_000) - account.token(0, 0)
    return first[token] + np.minimum(life, lives)
