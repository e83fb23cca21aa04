"""The where-clause of an EventFilter as Polars expressions; `record.narrow` says the same in SQL."""

import socket
from collections.abc import Iterable
from datetime import datetime

import polars as pl

from dashboard.events.columns import TIME
from dashboard.events.filter import FIELD_COLUMNS, SEARCH_COLUMNS, EventFilter, as_value, networks
from dashboard.events.folding import DOT_ABOVE, FINAL_SIGMA, SIGMA

Network = tuple[int, int, int]  # family, mask, masked address


def narrow(events: pl.LazyFrame, wanted: EventFilter, now: datetime) -> pl.LazyFrame:
    """The events the filter means."""
    conditions = predicates(wanted, now)
    return events.filter(*conditions) if conditions else events


def predicates(wanted: EventFilter, now: datetime) -> list[pl.Expr]:
    """The conditions that all have to hold, cheap ones first; none for the whole log. None of them is ever null-sensitive."""
    since, until = wanted.window(now)
    found = _between(since, until)
    for name, texts in wanted.values().items():
        match = _matches(name.removeprefix("not_"), texts)
        found.append(~match.fill_null(False) if name.startswith("not_") else match)
    return found


def contains(column: str, text: str) -> pl.Expr:
    """Whether the column holds the text, both folded (`events.folding.fold`, here as an expression)."""
    return _folded(pl.col(column)).str.contains(_folded(pl.lit(text)), literal=True)


def _between(since: datetime | None, until: datetime | None) -> list[pl.Expr]:
    time = pl.col("occurred_at")
    start = [time >= pl.lit(since, dtype=TIME)] if since else []
    return [*start, time < pl.lit(until, dtype=TIME)] if until else start


def _matches(field: str, texts: tuple[str, ...]) -> pl.Expr:
    if field == "search":
        return pl.any_horizontal([contains(column, text) for column in SEARCH_COLUMNS for text in texts])
    if field == "ip":
        single, wide = networks(texts)
        return pl.any_horizontal([_is_one_of("source_ip", single), *([_lies_in("source_ip", wide)] if wide else [])])
    return _is_one_of(FIELD_COLUMNS[field], [as_value(text) for text in texts])


def _is_one_of(name: str, values: Iterable[str | None]) -> pl.Expr:
    column, wanted = pl.col(name), list(values)
    named = [value for value in wanted if value is not None]
    is_named = column == named[0] if len(named) == 1 else column.is_in(named)
    if len(named) == len(wanted):
        return is_named
    return is_named.fill_null(True) if named else column.is_null()


def _lies_in(name: str, texts: Iterable[str]) -> pl.Expr:
    """Polars knows no addresses: each batch's distinct ones are looked at in Python, so the cost is that of few texts."""
    wanted = [_network(text) for text in texts]

    def lies_in(batch: pl.Series) -> pl.Series:
        return batch.is_in([text for text in batch.drop_nulls().unique() if _lies_in_one(text, wanted)])

    return pl.col(name).map_batches(lies_in, return_dtype=pl.Boolean, is_elementwise=True)


def _network(text: str) -> Network:
    address, _, bits = text.partition("/")
    family, number = _parsed(address)
    width = 32 if family == socket.AF_INET else 128
    mask = ((1 << int(bits)) - 1) << (width - int(bits))
    return family, mask, number & mask


def _lies_in_one(text: str, wanted: Iterable[Network]) -> bool:
    family, number = _parsed(text)
    return any(family == its and number & mask == start for its, mask, start in wanted)


def _parsed(text: str) -> tuple[int, int]:
    """`ipaddress` says the same ten times slower."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    return family, int.from_bytes(socket.inet_pton(family, text), "big")


def _folded(text: pl.Expr) -> pl.Expr:
    return (
        text.str.to_lowercase()
        .str.replace_all(DOT_ABOVE, "", literal=True)
        .str.replace_all(FINAL_SIGMA, SIGMA, literal=True)
    )
