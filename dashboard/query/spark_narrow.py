"""The where-clause of an EventFilter as Spark columns; `query.narrow` says the same to Polars, `record.narrow` in SQL.

Every value is a literal of the plan: no text of a filter ever becomes a part of a statement.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import reduce
from ipaddress import ip_network
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql.connect.functions import builtin as sf

from dashboard.events.filter import FIELD_COLUMNS, SEARCH_COLUMNS, TEXT_FIELDS, EventFilter, as_value, networks
from dashboard.events.folding import DOT_ABOVE, FINAL_SIGMA, SIGMA
from dashboard.events.times import EARLIEST
from dashboard.query.spark_pattern import java_pattern

_MICROSECOND = timedelta(microseconds=1)
_OCTETS = 4
_GROUPS = 8  # of an IPv6 address


def narrow(events: DataFrame, wanted: EventFilter, now: datetime) -> DataFrame:
    """The events the filter means."""
    for condition in conditions(wanted, now):
        events = events.filter(condition)
    return events


def conditions(wanted: EventFilter, now: datetime) -> list[Column]:
    """What has to hold of an event, all of it; never null for a `not_` field. Raises UsageError (`java_pattern`)."""
    since, until = wanted.window(now)
    time = sf.col("occurred_at")
    found = [time >= moment(since)] if since else []
    found += [time < moment(until)] if until else []
    for name, texts in wanted.values().items():
        match = _matches(name.removeprefix("not_"), texts)
        found.append(~sf.coalesce(match, sf.lit(False)) if name.startswith("not_") else match)
    return found


def moment(time: datetime) -> Column:
    """A time as a literal. `lit` would ask the server what times are, in whatever session the process had last."""
    return sf.timestamp_micros(sf.lit((time - EARLIEST) // _MICROSECOND))


def contains(column: str, text: str) -> Column:
    """Whether the column holds the text, both folded as `events.folding.fold` does it."""
    return folded_text(sf.col(column)).contains(folded_text(sf.lit(text)))


def folded_text(text: Column) -> Column:
    """The text as the search compares it: `events.folding.fold` as an expression."""
    undotted = sf.replace(sf.lower(text), sf.lit(DOT_ABOVE), sf.lit(""))
    return sf.replace(undotted, sf.lit(FINAL_SIGMA), sf.lit(SIGMA))


def _matches(field: str, texts: tuple[str, ...]) -> Column:
    if field in TEXT_FIELDS:
        return _any(_finds(field, column, text) for column in SEARCH_COLUMNS for text in texts)
    if field == "ip":
        single, wide = networks(texts)
        return _any([*_are_one_of("source_ip", single), *([_lies_in("source_ip", wide)] if wide else [])])
    return _any(_are_one_of(FIELD_COLUMNS[field], [as_value(text) for text in texts]))


def _finds(field: str, column: str, text: str) -> Column:
    """Whether the column's text is what the text looks for, in the way that the field means."""
    value = folded_text(sf.col(column))
    if field == "regex":
        return value.rlike(java_pattern(text))
    wanted = folded_text(sf.lit(text))
    match field:
        case "exact":
            return value == wanted
        case "prefix":
            return value.startswith(wanted)
    return value.contains(wanted)


def _any(found: Iterable[Column]) -> Column:
    return reduce(or_, found)


def _are_one_of(name: str, values: list[str | None]) -> Iterable[Column]:
    named = [value for value in values if value is not None]
    if named:
        yield sf.col(name).isin(named)
    if len(named) < len(values):
        yield sf.col(name).isNull()


def _lies_in(name: str, texts: Iterable[str]) -> Column:
    """Spark knows no addresses: each becomes a text of fixed width, in which a network is a range.

    The text is made once a row (`exists` binds it), however many networks there are.
    """
    ranges = [_range(text) for text in texts]
    return sf.exists(
        sf.array(sortable_address(sf.col(name))),
        lambda address: _any(address.between(sf.lit(low), sf.lit(high)) for low, high in ranges),
    )


def _range(text: str) -> tuple[str, str]:
    network = ip_network(text)
    width = 2 * _OCTETS if network.version == 4 else 4 * _GROUPS
    low, high = (f"{network.version}{int(edge):0{width}X}" for edge in (network[0], network[-1]))
    return low, high


def sortable_address(address: Column) -> Column:
    """The address as its version and all its hexadecimal digits: a text that sorts as the number does.

    Null for null, and for a text that is no address of the form that PostgreSQL writes.
    """
    version6 = sf.concat(sf.lit("6"), _digits_of_groups(address))
    version4 = sf.concat(sf.lit("4"), sf.lpad(sf.hex(_number(address, range(_OCTETS))), 2 * _OCTETS, "0"))
    return sf.when(address.contains(sf.lit(":")), version6).otherwise(version4)


def _number(dotted: Column, octets: Iterable[int]) -> Column:
    """Some octets of a dotted address as one number."""
    parts = sf.split(dotted, r"\.")
    return reduce(lambda high, low: high * 256 + low, (sf.get(parts, sf.lit(n)).try_cast("bigint") for n in octets))


def _digits_of_groups(address: Column) -> Column:
    """The 32 digits of an IPv6 address: `::` stands for as many groups of zeros as are missing."""
    halves = sf.split(_undotted(address), "::")
    before, after = (_groups(sf.coalesce(sf.get(halves, sf.lit(n)), sf.lit(""))) for n in (0, 1))
    missing = sf.array_repeat(sf.lit("0"), sf.lit(_GROUPS) - sf.size(before) - sf.size(after))
    padded = sf.transform(sf.concat(before, missing, after), lambda group: sf.lpad(group, 4, "0"))
    return sf.upper(sf.array_join(padded, ""))


def _groups(half: Column) -> Column:
    return sf.filter(sf.split(half, ":"), lambda group: group != sf.lit(""))


def _undotted(address: Column) -> Column:
    """The address with an IPv4 end, as in `::1.2.3.4`, written as the two groups that it is."""
    end = sf.substring_index(address, ":", -1)
    start = sf.left(address, sf.length(address) - sf.length(end))
    high, low = (sf.hex(_number(end, octets)) for octets in ((0, 1), (2, 3)))
    return sf.when(end.contains(sf.lit(".")), sf.concat(start, high, sf.lit(":"), low)).otherwise(address)
