"""EventFilter: one object that is the where-clause, the link, the command's flags and the sentence of every view.

    >>> some = EventFilter.from_params([("category", "Auth"), ("not-ip", "10.0.0.0/8"), ("since", "2026-11-01")])
    >>> some.sentence(datetime(2026, 11, 23, tzinfo=UTC))
    'Auth events, except from 10.0.0.0/8, since 2026-11-01 00:00 UTC'
    >>> some.to_params()
    [('since', '2026-11-01T00:00:00.000000Z'), ('category', 'Auth'), ('not-ip', '10.0.0.0/8')]

Values of one field are or-ed, fields are and-ed, a `not_` field excludes the rows that match it. An absent value (null)
matches no value, so `not_` keeps it; the text `(none)` stands for it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from ipaddress import IPv4Address, IPv6Network, ip_address, ip_network
from typing import TypeVar

from dashboard.errors import InvalidEvent, UsageError
from dashboard.events import sentence as wording
from dashboard.events.event import canonical_ip
from dashboard.events.folding import fold
from dashboard.events.pattern import compiled
from dashboard.events.times import Period, checked_time, format_time, parse_span, parse_time
from dashboard.events.vocabulary import Clock, Outcome

T = TypeVar("T")

NONE = wording.NONE
"""Stands for the absent value (null) of a column."""

FIELD_COLUMNS: Mapping[str, str] = {
    "category": "category",
    "action": "action",
    "outcome": "outcome",
    "actor": "actor",
    "region": "region",
    "country": "country",
    "ip": "source_ip",
    "target": "target",
    "source": "source",
    "clock": "clock",
}
"""The fields that compare a column of `events` with values, in the order of links and flags."""

TEXT_FIELDS = ("search", "prefix", "exact", "regex")
"""How a text is looked for in SEARCH_COLUMNS: anywhere, at the beginning, as the whole, by an `events.pattern`."""

FIELDS = (*FIELD_COLUMNS, *TEXT_FIELDS)
TIME_FIELDS = ("since", "until", "last", "during")
SEARCH_COLUMNS = ("actor", "action", "description", "target", "source_ip", "region")

_CLOSED: Mapping[str, frozenset[str]] = {
    "outcome": frozenset(Outcome),
    "clock": frozenset({*Clock, NONE}),
}
_LONGEST_VALUE = 4097  # of a target, 4 KiB, and the mark that `as_text` may put before it
_MOST_VALUES = 1000


def as_text(value: str | None) -> str:
    """Writes a column's value as filters and links hold it: null is `(none)`, and a text that looks so is escaped."""
    if value is None:
        return NONE
    return "\\" + value if value == NONE or value.startswith("\\") else value


def as_value(text: str) -> str | None:
    """Reads what `as_text` wrote."""
    if text == NONE:
        return None
    return text[1:] if text.startswith("\\") else text


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are meant; without anything the whole log. Construction checks and normalises; raises UsageError."""

    since: datetime | None = None  # times are half-open: since <= occurred_at < until
    until: datetime | None = None
    last: str | None = None  # a span such as "7d" that ends now, and stays relative in links
    during: str | None = None  # a `times.Period` such as "yesterday", of the UTC calendar; stays relative too
    category: tuple[str, ...] = ()
    not_category: tuple[str, ...] = ()
    action: tuple[str, ...] = ()
    not_action: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    not_outcome: tuple[str, ...] = ()
    actor: tuple[str, ...] = ()
    not_actor: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    not_region: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    not_country: tuple[str, ...] = ()
    ip: tuple[str, ...] = ()  # addresses and networks
    not_ip: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    not_target: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    not_source: tuple[str, ...] = ()
    clock: tuple[str, ...] = ()  # ahead, behind, (none)
    not_clock: tuple[str, ...] = ()
    search: tuple[str, ...] = ()  # substrings, folded, of any of SEARCH_COLUMNS; nothing in them is special
    not_search: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()  # what any of them begins with, folded
    not_prefix: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()  # what the whole of any of them is, folded
    not_exact: tuple[str, ...] = ()
    regex: tuple[str, ...] = ()  # what any of them matches somewhere, folded: the subset of `events.pattern`
    not_regex: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        fix = object.__setattr__
        self._fix_times()
        for field in FIELDS:
            for name in (field, f"not_{field}"):
                texts = {_checked_value(field, name, text) for text in getattr(self, name)}
                if len(texts) > _MOST_VALUES:
                    raise UsageError(f"{_outside(name)}: more than {_MOST_VALUES:,} values")
                fix(self, name, tuple(sorted(texts)))

    def _fix_times(self) -> None:
        fix = object.__setattr__
        for name in ("since", "until"):
            moment = getattr(self, name)
            if moment is not None:
                fix(self, name, _checked(name, partial(checked_time, moment)))
        if self.last is not None:
            fix(self, "last", self.last.strip().lower())
            _checked("last", partial(parse_span, self.last))
            if self.since or self.until:
                raise UsageError("last: can't be joined with since or until", "Give either a span or times.")
        if self.during is not None:
            fix(self, "during", self.during.strip().lower())
            if self.during not in set(Period):
                raise UsageError(f"during: {self.during[:64]!r} is unknown", f"There are {', '.join(Period)}.")
            if self.since or self.until or self.last:
                raise UsageError("during: can't be joined with since, until or last", "Keep one of them.")
        if self.since and self.until and self.since >= self.until:
            raise UsageError("until: is not later than since", "Exchange the two times.")

    @classmethod
    def from_params(cls, pairs: Iterable[tuple[str, str]], ignore: Collection[str] = ()) -> "EventFilter":
        """Reads the pairs of a link, a request or the flags; raises UsageError naming the first it can't take.

        `ignore` names what else the link may hold (the sort, the page). A time without a zone is UTC.
        """
        single: dict[str, str] = {}
        several: dict[str, list[str]] = {}
        for name, text in pairs:
            if name in ignore:
                continue
            if name in TIME_FIELDS:
                if name in single:
                    raise UsageError(f"{name}: is given twice", "Keep one of them.")
                single[name] = text
            elif name.removeprefix("not-") in FIELDS:
                several.setdefault(name.replace("-", "_"), []).append(text)
            else:
                known = f"There are {', '.join((*TIME_FIELDS, *FIELDS))}; all but the times with not- before them too."
                raise UsageError(f"{name[:64]!r} is not a filter", known)
        return cls(
            since=_time("since", single), until=_time("until", single), last=single.get("last"),
            during=single.get("during"),
            **{name: tuple(texts) for name, texts in several.items()},
        )  # fmt: skip

    def to_params(self) -> list[tuple[str, str]]:
        """The pairs that `from_params` reads back as an equal filter, in one order for equal filters."""
        times = [(name, format_time(moment)) for name in ("since", "until") if (moment := getattr(self, name))]
        span = [(name, text) for name in ("last", "during") if (text := getattr(self, name))]
        return [*times, *span, *((_outside(name), text) for name, texts in self.values().items() for text in texts)]

    def values(self) -> dict[str, tuple[str, ...]]:
        """The fields that hold values, each with them: one chip each. Names as attributes: `not_category`."""
        names = (name for field in FIELDS for name in (field, f"not_{field}"))
        return {name: texts for name in names if (texts := getattr(self, name))}

    def window(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """The half-open range of times that is meant, with `last` and `during` counted back from `now`."""
        if self.during is not None:
            return Period(self.during).window(now)
        if self.last is None:
            return self.since, self.until
        return max(now - parse_span(self.last), datetime(1970, 1, 1, tzinfo=UTC)), now

    def at(self, now: datetime) -> "EventFilter":
        """The same filter with relative times fixed: for a file's name, a manifest, a link that stays."""
        return self.with_window(*self.window(now))

    @property
    def is_timed(self) -> bool:
        """Whether it says which times are meant."""
        return bool(self.since or self.until or self.last or self.during)

    def is_whole_log(self) -> bool:
        """Whether nothing is filtered away, so that the state's size is the count."""
        return self == EventFilter()

    def without(self, field: str, value: str | None = None) -> "EventFilter":
        """The filter less one value of a field (`category`, `not_category`, `since` …), or less the whole field."""
        if field in TIME_FIELDS:
            return replace(self, **{field: None})  # type: ignore[arg-type]  # the name decides the type
        texts = getattr(self, _known(field))
        return self.with_values(field, [text for text in texts if value is not None and text != value])

    def with_values(self, field: str, values: Iterable[str]) -> "EventFilter":
        """The filter with exactly these values in a field; write a column's value by `as_text` first."""
        return replace(self, **{_known(field): tuple(values)})  # type: ignore[arg-type]  # the name decides the type

    def with_window(self, since: datetime | None, until: datetime | None) -> "EventFilter":
        """The filter with exactly these times instead of its own, relative ones included."""
        return replace(self, since=since, until=until, last=None, during=None)

    def timed_as(self, other: "EventFilter") -> "EventFilter":
        """The filter with the times of another one."""
        return replace(self, since=other.since, until=other.until, last=other.last, during=other.during)

    def sentence(self, now: datetime) -> str:
        """The filter in words, as plain text: never Markdown, and nothing in a value can pass for a word of ours."""
        return wording.sentence(self.values(), *self.window(now), self.last or self.during)


def networks(texts: Iterable[str]) -> tuple[list[str | None], list[str]]:
    """Parts the values of `ip` into single addresses (null for `(none)`) and networks."""
    single = [as_value(text) for text in texts if "/" not in text]
    return single, [text for text in texts if "/" in text]


def _known(name: str) -> str:
    if name.removeprefix("not_") not in FIELDS:
        raise UsageError(f"{name[:64]!r} is not a field of the filter", f"There are {', '.join(FIELDS)}.")
    return name


def _outside(name: str) -> str:
    return name.replace("_", "-")


def _checked(name: str, check: Callable[[], T]) -> T:
    try:
        return check()
    except ValueError as wrong:
        raise UsageError(f"{name}: {wrong}") from wrong


def _time(name: str, texts: Mapping[str, str]) -> datetime | None:
    return _checked(name, partial(parse_time, texts[name], zone=UTC)) if name in texts else None


def _checked_value(field: str, name: str, text: str) -> str:
    outside = _outside(name)
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise UsageError(f"{outside}: holds a character that no event can hold")
    if len(text) > _LONGEST_VALUE:
        raise UsageError(f"{outside}: is longer than {_LONGEST_VALUE:,} characters")
    if field in _CLOSED and text not in _CLOSED[field]:
        raise UsageError(f"{outside}: {text[:64]!r} is unknown", f"There are {', '.join(sorted(_CLOSED[field]))}.")
    if field in TEXT_FIELDS and not fold(text):
        raise UsageError(f"{outside}: is empty", "Write what to look for.")
    if field == "regex":
        _checked(outside, partial(compiled, text))
    return _address(outside, text) if field == "ip" and text != NONE else text


def _address(outside: str, text: str) -> str:
    """The address or network in the one form in which equal ones are equal texts."""
    try:
        if "/" not in text:
            return _as_recorded(canonical_ip(text))
        network = ip_network(text.strip(), strict=False)
    except (ValueError, InvalidEvent) as wrong:
        raise UsageError(
            f"{outside}: {text[:64]!r} is neither an address nor a network",
            "Write 10.0.0.1, 10.0.0.0/8 or 2001:db8::/32.",
        ) from wrong
    if isinstance(network, IPv6Network) and (mapped := network.network_address.ipv4_mapped) and network.prefixlen >= 96:
        network = ip_network(f"{mapped}/{network.prefixlen - 96}")
    one = network.prefixlen == network.max_prefixlen
    return _as_recorded(str(network.network_address)) if one else str(network)


def _as_recorded(text: str) -> str:
    """PostgreSQL, whose text of an address the log holds, writes `::1.2.3.4` where RFC 5952 has `::102:304`."""
    number = int(ip_address(text))
    return f"::{IPv4Address(number)}" if ":" in text and 0xFFFF < number <= 0xFFFF_FFFF else text
