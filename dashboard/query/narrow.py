"""The where-clause of an EventFilter as Polars expressions; `record.narrow` says the same in SQL."""

import socket
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

import polars as pl

from dashboard.events.columns import moment
from dashboard.events.filter import FIELD_COLUMNS, SEARCH_COLUMNS, TEXT_FIELDS, EventFilter, as_value, networks
from dashboard.events.folding import DOT_ABOVE, FINAL_SIGMA, SIGMA
from dashboard.events.pattern import compiled

_MOST_VALUES = 10_000  # that are compared one by one rather than searched again

Network = tuple[int, int, int]  # family, mask, masked address


def narrow(events: pl.LazyFrame, wanted: EventFilter, now: datetime) -> pl.LazyFrame:
    """The events the filter means. A search reads the columns of few distinct values once, here, for what matches."""
    in_time = events.filter(*ends) if (ends := between("occurred_at", *wanted.window(now))) else events
    conditions = [_condition(in_time, name, texts) for name, texts in wanted.values().items()]
    return in_time.filter(*conditions) if conditions else in_time


def contains(column: str, text: str) -> pl.Expr:
    """Whether the column holds the text, both folded as `events.folding.fold` does it."""
    return _holds(column, pl.select(folded_text(pl.lit(text))).item())


def finds(field: str, column: str, texts: tuple[str, ...]) -> pl.Expr:
    """Whether the column's text is what one of the texts looks for, in the way that the field means."""
    if field == "search":
        return pl.any_horizontal([contains(column, text) for text in texts])
    value = folded_text(pl.col(column))
    if field == "regex":
        return pl.any_horizontal([value.str.contains(compiled(text)) for text in texts])
    wanted = [pl.select(folded_text(pl.lit(text))).item() for text in texts]
    if field == "exact":
        return pl.any_horizontal([value == text for text in wanted])
    return pl.any_horizontal([value.str.starts_with(text) for text in wanted])


def between(column: str, since: datetime | None, until: datetime | None) -> list[pl.Expr]:
    """What a time fulfils that lies in a half-open range: nothing where it has no ends."""
    time = pl.col(column)
    start = [time >= moment(since)] if since else []
    return [*start, time < moment(until)] if until else start


def _condition(events: pl.LazyFrame, name: str, texts: tuple[str, ...]) -> pl.Expr:
    field = name.removeprefix("not_")
    match = _found(events, field, texts) if field in TEXT_FIELDS else _matches(field, texts)
    return match if name == field else ~match.fill_null(False)


def _matches(field: str, texts: tuple[str, ...]) -> pl.Expr:
    if field == "ip":
        single, wide = networks(texts)
        conditions = [is_one_of("source_ip", single)] if single else []
        return pl.any_horizontal([*conditions, lies_in("source_ip", wide)] if wide else conditions)
    return is_one_of(FIELD_COLUMNS[field], [as_value(text) for text in texts])


def _found(events: pl.LazyFrame, field: str, texts: tuple[str, ...]) -> pl.Expr:
    """Whether any searched column is what one of the texts looks for.

    Alone in a filter, a condition on a column of few values is asked of a file's dictionary, not of each row: ten times
    as fast as within an `or`. So the values that match are found first.
    """
    conditions = {column: finds(field, column, texts) for column in SEARCH_COLUMNS}
    short = [column for column in SEARCH_COLUMNS if column != "description"]
    found = pl.collect_all([
        events.select(column).filter(conditions[column]).unique().head(_MOST_VALUES + 1) for column in short
    ])  # fmt: skip
    for column, values in zip(short, found, strict=True):
        if values.height <= _MOST_VALUES:
            conditions[column] = pl.col(column).is_in(values.to_series().implode())
    kept = [conditions[column] for column, values in zip(short, found, strict=True) if values.height]
    return pl.any_horizontal([*kept, conditions["description"]])


def is_one_of(name: str, values: Iterable[str | None]) -> pl.Expr:
    """Whether the column holds one of the values, the absent one (null) among them."""
    column, wanted = pl.col(name), list(values)
    named = [value for value in wanted if value is not None]
    is_named = column == named[0] if len(named) == 1 else column.is_in(named)
    if len(named) == len(wanted):
        return is_named
    return is_named.fill_null(True) if named else column.is_null()


def lies_in(name: str, texts: Iterable[str]) -> pl.Expr:
    """Whether the column's address lies in one of the networks.

    Polars knows no addresses: the distinct ones of each batch are looked at in Python, few against the rows.
    """
    wanted = [_network(text) for text in texts]

    @lru_cache(maxsize=1 << 17)
    def lies_in_one(text: str) -> bool:
        return _lies_in_one(text, wanted)

    def hits(batch: pl.Series) -> pl.Series:
        return batch.is_in([text for text in batch.drop_nulls().unique() if lies_in_one(text)])

    return pl.col(name).map_batches(hits, return_dtype=pl.Boolean, is_elementwise=True)


def _network(text: str) -> Network:
    address, _, bits = text.partition("/")
    family, number = _parsed(address)
    width = 32 if family == socket.AF_INET else 128
    mask = ((1 << int(bits)) - 1) << (width - int(bits))
    return family, mask, number & mask


def _lies_in_one(text: str, wanted: Iterable[Network]) -> bool:
    try:
        family, number = _parsed(text)
    except OSError:  # no address: a reader of files may ask about the empty text that stands under a null
        return False
    return any(family == its and number & mask == start for its, mask, start in wanted)


def _parsed(text: str) -> tuple[int, int]:
    """`ipaddress` says the same ten times slower."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    return family, int.from_bytes(socket.inet_pton(family, text), "big")


def _holds(name: str, folded: str) -> pl.Expr:
    """Only texts beyond ASCII are folded: the others match as they are, without case, four times as fast."""

    def holds(batch: pl.Series) -> pl.Series:
        text = pl.col(name)
        plain = text.str.contains_any([folded], ascii_case_insensitive=True) if folded.isascii() else text.ne(text)
        rows = batch.alias(name).to_frame().select(hit=plain, beyond=text.str.len_bytes() != text.str.len_chars())
        beyond = rows["beyond"].arg_true()
        if beyond.is_empty():
            return rows["hit"]
        found = batch.alias(name).gather(beyond).to_frame().select(folded_text(text).str.contains(folded, literal=True))
        return rows["hit"].scatter(beyond, found.to_series())

    return pl.col(name).map_batches(holds, return_dtype=pl.Boolean, is_elementwise=True)


def folded_text(text: pl.Expr) -> pl.Expr:
    """The text as the search compares it: `events.folding.fold` as an expression."""
    return text.str.to_lowercase().str.replace_many([DOT_ABOVE, FINAL_SIGMA], ["", SIGMA])
