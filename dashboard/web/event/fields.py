"""An event's fields in words, in the groups that people read them in."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, tzinfo
from typing import Any

import orjson
import polars as pl
import streamlit as st

from dashboard.events.folding import escaped
from dashboard.events.times import format_time
from dashboard.web import text

GROUPS = {
    "What": ("category", "action", "outcome", "description", "target"),
    "Who": ("actor", "actor_id", "actor_type"),
    "Where from": ("source_ip", "region", "country", "geo_source", "reported_region", "user_agent"),
    "When": ("occurred_at", "recorded_at", "clock"),
    "In the record": ("id", "seq", "source", "native_id", "source_seq", "request_id", "db_role", "imported", "erased"),
}
LONGEST_VALUE = 20_000


def field(label: str, value: str) -> None:
    """One line: what it is, and the text as it stands."""
    left, right = st.columns([3, 7], gap="small", wrap=False)
    left.caption(label)
    right.text(value)


def value_of(name: str, row: Mapping[str, Any], zone: tzinfo = UTC) -> str:
    """A field's value in words: times to the microsecond in UTC, and in the zone beside it; an absent value as the
    table says it.
    """
    value = row[name]
    if name in ("occurred_at", "recorded_at"):
        elsewhere = "" if value is None or zone is UTC else f" ({text.exact(value, zone)})"
        return format_time(value) + elsewhere if value is not None else text.NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    absent = text.shown(name, None, str(row["actor_type"]), row["erased"])
    return absent if value is None else text.several_lines(str(value), LONGEST_VALUE) or "(empty)"


def pretty(details: str) -> str:
    """The JSON text indented where it is JSON, otherwise as it is; bounded either way."""
    with suppress(orjson.JSONDecodeError):
        details = orjson.dumps(orjson.loads(details), option=orjson.OPT_INDENT_2).decode()
    return text.several_lines(details, LONGEST_VALUE)


def raw_json(found: pl.DataFrame) -> str:
    """The event as an export writes it: every column, the id as a string, times in UTC, details as the stored text.

    What would turn or hide the text on the screen is written as JSON's escapes: copied, it means the same.
    """
    row = found.row(0, named=True)
    row |= {name: format_time(row[name]) for name in ("occurred_at", "recorded_at") if row[name] is not None}
    row["id"] = str(row["id"])
    written = orjson.dumps(row, option=orjson.OPT_INDENT_2).decode()
    return "\n".join(escaped(line, lambda character: json.dumps(character)[1:-1]) for line in written.split("\n"))
