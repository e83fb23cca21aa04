"""The questions: one function each, each one file of `queries/views/` over the events that a filter means.

    engine = opening.open_engine(log)                    # one state of the log, one moment
    page = views.log_page(engine, EventFilter(last="7d"), Sort("actor", descending=False), offset=100)

All questions to one engine are about the same events, so a chart, a table and a file of one filter agree.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_network

import polars as pl

from dashboard.errors import UsageError
from dashboard.events.adornment import WIDEST, Bucket, Facet, Width, width_of
from dashboard.events.columns import SCHEMA
from dashboard.events.filter import FIELD_COLUMNS, EventFilter, as_text
from dashboard.events.times import EARLIEST
from dashboard.query import around as near
from dashboard.query import silence
from dashboard.query.drawn import Drawn, gathered, moved, zero_filled
from dashboard.query.engine import Engine
from dashboard.query.schemas import SCHEMAS
from dashboard.query.sort import NEWEST_FIRST, Sort

OPENING_DAYS = 30
_TICK = timedelta(microseconds=1)
_PAGES = ("log_page", "wide_page", "events")  # the narrowest that will do is asked


def log_page(
    engine: Engine,
    wanted: EventFilter,
    sort: Sort = NEWEST_FIRST,
    offset: int = 0,
    limit: int = 100,
    columns: Collection[str] = (),
) -> pl.DataFrame:
    """One page of the log: a row is an event, in the order of `sort`. Two passes: the sort's keys, the rows.

    It has the columns of `log_page` at least, and `columns` among them: beyond those of `wide_page`, which engines hold
    decoded, all of the page's rows are read in full.
    """
    _check_columns(columns)
    view = next(name for name in _PAGES if SCHEMAS[name].keys() >= {*columns})
    return engine.rows(view, wanted, sort, offset, limit)


def count(engine: Engine, wanted: EventFilter) -> int:
    """How many events the filter means; for the whole log nothing is read, since places have no gaps."""
    if wanted.is_whole_log():
        return engine.as_of
    return int(engine.answer("count", wanted).item())


def actions_over_time(
    engine: Engine, wanted: EventFilter, now: datetime | None = None, width: Width | None = None
) -> pl.DataFrame:
    """How many events of each category each bucket of time holds, with a row of 0 where it holds none.

    The buckets are as wide as `width` says, or as the range asks for.

    Columns bucket (start, UTC), category, events; ordered by both. Each category that occurs has a row in every bucket
    of the range: the filter's, or from the first event to the last where it has no times. The numbers add up to
    `count`: categories beyond the 20 most frequent are gathered in the category null. Empty when no event is meant.
    The buckets are of the width that is asked for, or wider where that would be more than 400.
    """
    return actions_in(engine, wanted, drawn(engine, wanted, now, width))


def actions_in(engine: Engine, wanted: EventFilter, range_: Drawn | None) -> pl.DataFrame:
    """`actions_over_time` of a range that `drawn` has found for the same filter."""
    if range_ is None:
        return pl.DataFrame(schema=SCHEMAS["actions_over_time"])
    return zero_filled(gathered(engine.answer("actions_over_time", wanted, Bucket(range_.width))), range_)


def drawn(engine: Engine, wanted: EventFilter, now: datetime | None = None, width: Width | None = None) -> Drawn | None:
    """The range and the width of the buckets of `actions_over_time`; None when no event is meant."""
    range_ = _drawn_range(engine, wanted, now or engine.now)
    return Drawn(*range_, width_of(*range_, width)) if range_ else None


def period_before(engine: Engine, wanted: EventFilter, range_: Drawn) -> pl.DataFrame:
    """`actions_over_time` of the period before a drawn range, as long as it, its buckets moved onto the range's.

    Empty when there is no such period.
    """
    before = range_.before()
    if before is None:
        return pl.DataFrame(schema=SCHEMAS["actions_over_time"])
    found = engine.answer("actions_over_time", wanted.with_window(before.since, before.until), Bucket(range_.width))
    filled = zero_filled(gathered(found), before)
    return filled.with_columns(moved(filled["bucket"], range_.width, range_.steps()))


def silences(engine: Engine, wanted: EventFilter, range_: Drawn, now: datetime | None = None) -> pl.DataFrame:
    """The gaps of the filter's sources in a drawn range, as `query.silence` means it: source, since, until.

    Whether a source was silent is asked of all of its events: of the filter, only the sources count.
    """
    sources = EventFilter(since=range_.since, until=range_.until, source=wanted.source, not_source=wanted.not_source)
    found = engine.answer("sources_over_time", sources, Bucket(range_.width))
    starts = range_.buckets()
    ends = moved(starts, range_.width, 1)
    over = (starts >= range_.since) & (ends <= min(range_.until, now or engine.now))
    return silence.silences(found, starts.filter(over), ends.filter(over).max())


def failed_logins_by_region(engine: Engine, wanted: EventFilter) -> pl.DataFrame:
    """How many logins failed from each region, most first; columns region (null: no region known), events."""
    return engine.answer("failed_logins_by_region", wanted)


def totals_over_time(engine: Engine, wanted: EventFilter, width: Width) -> pl.DataFrame:
    """How many events, failures, failed logins and named actors each bucket holds; no row where it holds none.

    Columns bucket, events, failures, failed_logins, actors; ordered by bucket. Costs the events of the filter.
    """
    return engine.answer("totals_over_time", wanted, Bucket(width))


def actors_over_time(engine: Engine, wanted: EventFilter, width: Width) -> pl.DataFrame:
    """How many events each actor has in each bucket, and how many of them as an administrator; no row for none.

    Columns bucket, actor (null: nobody named), events, as_admin; ordered by both. A row for each actor and bucket:
    narrow the filter to a few actors or to a short time.
    """
    return engine.answer("actors_over_time", wanted, Bucket(width))


def addresses_over_time(engine: Engine, wanted: EventFilter, width: Width) -> pl.DataFrame:
    """How many events come from each address in each bucket; no row for none. Columns bucket, source_ip, events."""
    return engine.answer("addresses_over_time", wanted, Bucket(width))


def places_over_time(engine: Engine, wanted: EventFilter, width: Width) -> pl.DataFrame:
    """How many events come from each region in each bucket, and on how many named accounts; no row for none.

    Columns bucket, region, country (both null: not known), events, actors; ordered by the first three.
    """
    return engine.answer("places_over_time", wanted, Bucket(width))


def countries_of_actors(engine: Engine, wanted: EventFilter) -> pl.DataFrame:
    """From which countries each named actor acted, by both: columns actor, country, events, first_at, last_at."""
    return engine.answer("countries_of_actors", wanted)


def actions_by_actor(engine: Engine, wanted: EventFilter) -> pl.DataFrame:
    """What each actor did, most frequent first: columns actor, action, events, targets, first_at, last_at."""
    return engine.answer("actions_by_actor", wanted)


def facets(engine: Engine, wanted: EventFilter, field: str, top: int = 20, contains: str = "") -> pl.DataFrame:
    """How many events hold each value of a field of the filter, most first; the field's own filter does not count.

    Columns field, value (null: none), events, distinct_values (how many the field has, null not among them). `contains`
    keeps values that hold the text, folded as the search is. Raises UsageError for a field that holds no values.
    """
    if field not in FIELD_COLUMNS:
        raise UsageError(f"{field[:64]!r} has no values to count", f"There are {', '.join(FIELD_COLUMNS)}.")
    others = wanted.without(field).without(f"not_{field}")
    return engine.answer("facets", others, Facet(field, contains), top)


def network_facets(engine: Engine, wanted: EventFilter, top: int = 20, contains: str = "") -> pl.DataFrame:
    """As `facets` of the field ip, of networks: the /24 of an IPv4 address, the /48 of an IPv6 address.

    Costs the distinct addresses. A network is a value of the field ip.
    """
    addresses = engine.answer("facets", wanted.without("ip").without("not_ip"), Facet("ip"))
    known = addresses["value"].drop_nulls()
    networks = addresses.join(
        pl.DataFrame({"value": known, "network": networks_of(known)}), on="value", how="left", maintain_order="left"
    )
    summed = networks.group_by(value="network").agg(pl.col("events").sum())
    kept = summed.filter(pl.col("value").str.contains(contains.strip().lower(), literal=True)) if contains else summed
    return (
        kept.select(field=pl.lit("ip"), value="value", events="events", distinct_values=pl.col("value").count())
        .sort("events", "value", descending=[True, False], nulls_last=True)
        .head(top)
    )


def networks_of(addresses: pl.Series) -> pl.Series:
    """Each address's network as the filter writes it: `85.105.3.0/24`, `2001:db8::/48`."""
    three = addresses.str.extract(r"^(\d+\.\d+\.\d+)\.\d+$")
    return pl.Series(
        [
            f"{octets}.0/24" if octets else str(ip_network((address, 48), strict=False))
            for address, octets in zip(addresses, three, strict=True)
        ],
        dtype=pl.String,
    )


def facets_of(
    engine: Engine, wanted: EventFilter, fields: Sequence[str] = tuple(FIELD_COLUMNS), top: int = 20
) -> pl.DataFrame:
    """The facets of several fields, one below the other."""
    return pl.concat([facets(engine, wanted, field, top) for field in fields])


def event(engine: Engine, name: int | str) -> pl.DataFrame:
    """The one event of an id (`4711`) or a place (`seq:12`), with all columns of `events`; empty when there is none."""
    text = str(name)
    column, digits = ("seq", text[4:]) if text.startswith("seq:") else ("id", text)
    if not (digits.isascii() and digits.isdigit()) or int(digits) >= 2**63:
        raise UsageError(f"{text[:64]!r} is not an event", "Write its id, or its place as seq:12.")
    return engine.find("events", column, int(digits))


def around(
    engine: Engine, wanted: EventFilter, moment: datetime, seq: int, *, earlier: int, later: int
) -> pl.DataFrame:
    """Rows of `log_page`, the newest first: an event, at most `later` after it and at most `earlier` before it among
    those the filter means, whatever its own times. Sought outwards from the event: the log's size does not count.
    """
    return near.around(engine, "log_page", wanted, moment, seq, earlier=earlier, later=later)


def target_history(
    engine: Engine, target: str, moment: datetime, seq: int, *, earlier: int, later: int
) -> pl.DataFrame:
    """The same of all events on one target, with what one of them can change against the one before."""
    wanted = EventFilter(target=(as_text(target),))
    return near.around(engine, "target_history", wanted, moment, seq, earlier=earlier, later=later)


def place(engine: Engine, wanted: EventFilter, moment: datetime, seq: int) -> int | None:
    """How many of the filter's events stand above one, the newest first; None when it is not one of them.

    Costs a count of the newer ones.
    """
    return near.place(engine, wanted, moment, seq)


def actors(engine: Engine, wanted: EventFilter, limit: int | None = None) -> pl.DataFrame:
    """Who the events are by, most first; columns actor (null: system, unknown or erased, which actor_type and erased
    tell), actor_type, erased, events, newest.
    """
    return engine.answer("actors", wanted, limit=limit)


def time_range(engine: Engine, wanted: EventFilter) -> tuple[datetime, datetime] | None:
    """The times of the first and the last event the filter means, both included; None when there is none."""
    oldest, newest = engine.answer("time_range", wanted).row(0)
    return None if oldest is None else (oldest, newest)


def newest_time(engine: Engine, now: datetime | None = None) -> datetime | None:
    """The time of the newest event that is not claimed to lie after `now`; None when there is none."""
    found = time_range(engine, EventFilter(until=(now or engine.now) + _TICK))
    return found[1] if found else None


def opening_window(engine: Engine, now: datetime | None = None) -> tuple[datetime, datetime] | None:
    """What the page opens on: the 30 UTC days that end with the newest event not later than now; None without one."""
    newest = newest_time(engine, now)
    if newest is None:
        return None
    until = Width.DAY.floor(newest) + timedelta(days=1)
    return max(until - timedelta(days=OPENING_DAYS), EARLIEST), until


def batches(
    engine: Engine,
    wanted: EventFilter,
    sort: Sort = NEWEST_FIRST,
    columns: Sequence[str] = tuple(SCHEMA),
    size: int = 10_000,
) -> Iterator[pl.DataFrame]:
    """All events the filter means, in order, in frames of `size` rows at most; no frame when there is none."""
    _check_columns(columns)
    return engine.batches(wanted, sort, columns, size)


def _check_columns(columns: Collection[str]) -> None:
    unknown = [name for name in columns if name not in SCHEMA]
    if unknown:
        raise UsageError(f"columns: {unknown[0][:64]!r} is not a column", f"There are {', '.join(SCHEMA)}.")


def _drawn_range(engine: Engine, wanted: EventFilter, now: datetime) -> tuple[datetime, datetime] | None:
    """The half-open range of a chart. Only a range that the filter leaves open, or one of decades, is looked up."""
    since, until = wanted.window(now)
    if since and until and until - since <= WIDEST:
        return since, until
    found = time_range(engine, wanted)
    if found is None:
        return None
    oldest, newest = found
    if since and not until and now - since <= WIDEST:
        return since, max(now, newest + _TICK)
    return oldest, newest + _TICK
