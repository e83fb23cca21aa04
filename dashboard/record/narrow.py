"""The where-clause of an EventFilter as SQL on the record; `query.narrow` says the same to Polars."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, INET
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from dashboard.events.filter import FIELD_COLUMNS, SEARCH_COLUMNS, TEXT_FIELDS, EventFilter, as_value, networks
from dashboard.events.folding import DOT_ABOVE, FINAL_SIGMA, SIGMA
from dashboard.events.pattern import compiled

Columns = ReadOnlyColumnCollection[str, Any]
Condition = sa.ColumnElement[bool]


def conditions(columns: Columns, wanted: EventFilter, now: datetime, collation: str | None) -> list[Condition]:
    """What has to hold of the relation's columns; `collation` is the one to fold by, None for the database's own."""
    since, until = wanted.window(now)
    time = columns["occurred_at"]
    found = [time >= since] if since else []
    found += [time < until] if until else []
    for name, texts in wanted.values().items():
        match = _matches(columns, name.removeprefix("not_"), texts, collation)
        found.append(match.is_not(True) if name.startswith("not_") else match)
    return found


def contains(column: sa.ColumnElement[Any], text: str, collation: str | None) -> Condition:
    """Whether the column holds the text, both folded as `events.folding.fold` does it."""
    return sa.func.strpos(folded_text(column, collation), folded_text(sa.literal(text, sa.Text), collation)) > 0


def _matches(columns: Columns, field: str, texts: tuple[str, ...], collation: str | None) -> Condition:
    if field in TEXT_FIELDS:
        return sa.or_(*(_finds(field, columns[column], text, collation) for column in SEARCH_COLUMNS for text in texts))
    if field == "ip":
        single, wide = networks(texts)
        return sa.or_(*_are_one_of(columns["source_ip"], single), *_lie_in(columns["source_inet"], wide))
    return sa.or_(*_are_one_of(columns[FIELD_COLUMNS[field]], [as_value(text) for text in texts]))


def _finds(field: str, column: sa.ColumnElement[Any], text: str, collation: str | None) -> Condition:
    """Whether the column's text is what the text looks for, in the way that the field means."""
    if field == "search":
        return contains(column, text, collation)
    value = folded_text(column, collation)
    if field == "regex":
        return value.op("~", is_comparison=True)(sa.literal(compiled(text), sa.Text))
    wanted = folded_text(sa.literal(text, sa.Text), collation)
    return value == wanted if field == "exact" else sa.func.starts_with(value, wanted)


def _are_one_of(column: sa.ColumnElement[Any], values: list[str | None]) -> Iterable[Condition]:
    named = [value for value in values if value is not None]
    if named:
        yield column == sa.any_(sa.literal(named, ARRAY(sa.Text)))
    if len(named) < len(values):
        yield column.is_(None)


def _lie_in(column: sa.ColumnElement[Any], texts: list[str]) -> Iterable[Condition]:
    return (column.op("<<=", is_comparison=True)(sa.cast(sa.literal(text, sa.Text), INET)) for text in texts)


def folded_text(text: sa.ColumnElement[Any], collation: str | None) -> sa.ColumnElement[Any]:
    """The text as the search compares it: `events.folding.fold` as an expression."""
    lower = sa.func.lower(sa.collate(text, collation or "default"))
    return sa.func.replace(sa.func.replace(lower, DOT_ABOVE, ""), FINAL_SIGMA, SIGMA)
