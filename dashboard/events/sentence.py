"""A filter in words. Plain text for people: values that could be read as our own words stand in quotes."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from dashboard.events.folding import visible
from dashboard.events.times import Period

NONE = "(none)"  # the absent value, as events.filter writes it

_WORDS = ("search", "prefix", "exact", "regex")  # fields that hold what to look for, not values

_LONGEST_SHOWN = 60
_MOST_SHOWN = 5
_BARE = re.compile(r"[\w@][\w@.:/+-]*(?: [\w@][\w@.:/+-]*)*")
_OUR_WORDS = frozenset(
    {
        "after", "all", "and", "before", "beginning", "by", "equal", "events", "except", "from", "have", "in", "last",
        "matching", "mention", "month", "of", "on", "or", "quarter", "reported", "since", "text", "that", "the", "this",
        "to", "today", "week", "whose", "with", "yesterday"
    }
)  # fmt: skip
_SPANS = {"m": "minute", "h": "hour", "d": "day", "w": "week"}
_PERIODS = frozenset(Period)

_PHRASES: Mapping[str, tuple[str, str]] = {  # how values read, and how their absence (null) reads
    "category": ("of category {}", "without a category"),
    "action": ("with action {}", "without an action"),
    "outcome": ("with outcome {}", "without an outcome"),
    "actor": ("by {}", "without a named actor"),
    "region": ("in region {}", "without a region"),
    "country": ("in country {}", "without a country"),
    "ip": ("from {}", "without an address"),
    "target": ("on {}", "without a target"),
    "source": ("reported by {}", "without a source"),
    "clock": ("whose clock is {}", "whose clock is right"),
    "search": ("that mention {}", ""),
    "prefix": ("that have a text beginning with {}", ""),
    "exact": ("that have a text equal to {}", ""),
    "regex": ("that have a text matching {}", ""),
}


def sentence(
    values: Mapping[str, tuple[str, ...]], since: datetime | None, until: datetime | None, relative: str | None
) -> str:
    """Says which events a filter means; `values` are its fields with their values, the times its resolved window.

    `relative` is what they were resolved from: a span (`7d`) or a period (`yesterday`).
    """
    rest = dict(values)
    category = rest.pop("category", ())
    subject = f"{_any_of('category', category)} events" if category and NONE not in category else ""
    if category and not subject:
        rest["category"] = category
    wanted = [_phrase(name, texts) for name, texts in rest.items() if not name.startswith("not_")]
    unwanted = [f"except {_phrase(name[4:], texts)}" for name, texts in rest.items() if name.startswith("not_")]
    clauses = [part for part in wanted if part.startswith("that ")]
    opening = " ".join([subject or "Events", *(part for part in wanted if part not in clauses)])
    parts = [opening, *unwanted, *clauses, *_times(since, until, relative)]
    return ", ".join(parts) if len(parts) > 1 or opening != "Events" else "All events"


def _phrase(name: str, texts: tuple[str, ...]) -> str:
    present, absent = _PHRASES[name]
    without = [absent] if name not in _WORDS and NONE in texts else []
    named = [present.format(_any_of(name, texts))] if len(texts) > len(without) else []
    return " or ".join([*named, *without])


def _any_of(name: str, texts: tuple[str, ...]) -> str:
    shown = [_value(name, text) for text in texts if name in _WORDS or text != NONE]
    more = len(shown) - _MOST_SHOWN
    if more > 1:
        shown = [*shown[:_MOST_SHOWN], f"{more} more"]
    return " or ".join(shown)


def _value(name: str, text: str) -> str:
    value = text if name in _WORDS else text.removeprefix("\\")
    shown = visible(value[:_LONGEST_SHOWN]).replace("“", "\\u{201c}").replace("”", "\\u{201d}")
    if len(value) > _LONGEST_SHOWN:
        return f"“{shown}…”"
    plain = name not in _WORDS and _BARE.fullmatch(shown) and _OUR_WORDS.isdisjoint(shown.lower().split())
    return shown if plain else f"“{shown}”"


def _times(since: datetime | None, until: datetime | None, relative: str | None) -> list[str]:
    if relative in _PERIODS and since is not None and until is not None:
        return [f"{relative.replace('-', ' ')} (from {_time(since)} to {_time(until)})"]
    if relative is not None and since is not None:
        return [f"in the last {_span(relative)} (since {_time(since)})"]
    if since is not None and until is not None:
        return [f"from {_time(since)} to {_time(until)}"]
    if since is not None:
        return [f"since {_time(since)}"]
    return [f"before {_time(until)}"] if until is not None else []


def _span(text: str) -> str:
    count, unit = int(text[:-1]), _SPANS[text[-1]]
    return unit if count == 1 else f"{count} {unit}s"


def _time(moment: datetime) -> str:
    """To the minute unless seconds or microseconds are set: a time is never said other than it is filtered."""
    utc = moment.astimezone(UTC)
    form = "%H:%M:%S.%f" if utc.microsecond else "%H:%M:%S" if utc.second else "%H:%M"
    return utc.strftime(f"%Y-%m-%d {form} UTC")
