"""From numbers to words: the columns that a person reads."""

from collections.abc import Sequence
from ipaddress import IPv4Address

import numpy as np
import polars as pl

from dashboard.demo import names
from dashboard.demo.account import Account
from dashboard.demo.actions import ACTS
from dashboard.demo.chance import Ints
from dashboard.demo.rows import Form, Kind, Rows
from dashboard.events.columns import TIME
from dashboard.events.vocabulary import outcome_of

FIELDS = (
    "occurred_at", "category", "action", "actor", "actor_id", "actor_type", "outcome", "description", "target",
    "source_ip", "user_agent", "request_id", "source", "native_id", "source_seq", "details",
)  # fmt: skip

_KINDS = [kind.name.lower() for kind in Kind]
_CATEGORIES = pl.Series([act.category for act in ACTS.values()])
_ACTIONS = pl.Series([act.action for act in ACTS.values()])
_OUTCOMES = pl.Series([outcome_of(act.action).value for act in ACTS.values()])
_BEFORE = pl.Series([act.before for act in ACTS.values()])
_AFTER = pl.Series([act.after for act in ACTS.values()])


def readable(account: Account, found: Rows, *, first_seq: int, source: str) -> pl.DataFrame:
    """One row an event with the columns FIELDS, in the order given."""
    act = pl.Series(found.act)
    ids = [f"u-{2_166_136_261 ^ 16_777_619 * (place + 1)}" for place in range(len(account.actors))]
    numbers = pl.DataFrame(
        {
            "at": found.at,
            "key": found.key,
            "request": found.request,
            "form": found.form,
            "amount": found.amount,
            "count": found.count,
            "storage": _named(names.STORAGES, found.word),
            "target": _named(account.targets, found.target),
            "before": _BEFORE.gather(act),
            "after": _AFTER.gather(act),
            "category": _CATEGORIES.gather(act),
            "action": _ACTIONS.gather(act),
            "outcome": _OUTCOMES.gather(act),
            "actor": _named(account.actors, found.actor),
            "actor_id": _named(ids, found.actor),
            "actor_type": pl.Series(_KINDS).gather(pl.Series(found.kind)),
            "source_ip": _addresses(found.address),
            "user_agent": _named(names.AGENTS, found.agent),
        }
    )
    return numbers.select(
        pl.col("at").cast(TIME).alias("occurred_at"),
        "category", "action", "actor", "actor_id", "actor_type", "outcome",
        pl.concat_str("before", pl.col("target").fill_null(""), "after").alias("description"),
        "target", "source_ip", "user_agent",
        pl.when(pl.col("request") > 0).then(pl.concat_str(pl.lit("req-"), "request")).alias("request_id"),
        pl.lit(source).alias("source"),
        pl.concat_str(pl.lit("gs-"), "key").alias("native_id"),
        pl.int_range(first_seq, first_seq + pl.len(), dtype=pl.Int64).alias("source_seq"),
        _details().alias("details"),
    )  # fmt: skip


def _named(words: Sequence[str], places: Ints) -> pl.Series:
    """The word at each place; null where the place is -1."""
    return pl.Series([*words, None], dtype=pl.String).gather(pl.Series(np.where(places < 0, len(words), places)))


def _addresses(numbers: Ints) -> pl.Series:
    different, place = np.unique(numbers, return_inverse=True)
    words = [None if number < 0 else str(IPv4Address(int(number))) for number in different]
    return pl.Series(words, dtype=pl.String).gather(pl.Series(place))


_SHAPES: dict[Form, tuple[str, ...]] = {  # literal and column in turn
    Form.DONE: ('{"size_bytes":', "amount", ',"duration_s":', "count", ',"storage":"', "storage", '"}'),
    Form.FAILED: ('{"attempts":', "count", ',"storage":"', "storage", '"}'),
    Form.ATTEMPT: ('{"attempt":', "count", "}"),
    Form.SIZE: ('{"size_bytes":', "amount", "}"),
    Form.STARTED: ('{"storage":"', "storage", '"}'),
    Form.LOGIN: ('{"session_days":1}',),
}


def _details() -> pl.Expr:
    """Small JSON texts; no value in them needs escaping."""
    found = pl.lit(None, dtype=pl.String)
    for form, shape in _SHAPES.items():
        text = pl.concat_str(*(pl.col(part) if place % 2 else pl.lit(part) for place, part in enumerate(shape)))
        found = pl.when(pl.col("form") == form).then(text).otherwise(found)
    return found
