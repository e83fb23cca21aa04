r"""The search bar's language: a filter as one line that a person types, and back.

    >>> read(
    ...     'actor:ci-bot -category:Backup outcome:failure ip:10.0.0.0/8 region:"New York" "exact words" wild* last:7d'
    ... )
    >>> write(EventFilter(actor=("ci-bot",), search=("two words",)))
    'actor:ci-bot two words'

`name:value` is a filter's field, `-` before it excludes, quotes hold blanks (`\"` and `\\` inside them). Words without
a name are looked for as they stand, next to each other as one text; in quotes each is a text of its own; `wild*` is
what a text begins with. `before:` and `after:` are `until:` and `since:`. Several values of a field mean any of them,
several fields mean all of them; `during:yesterday` is of the UTC calendar. `read(write(some)) == some` for each filter.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.errors import UsageError
from dashboard.events.filter import FIELDS, TIME_FIELDS, EventFilter

_ALIASES = {"before": "until", "after": "since"}
_NAME = re.compile(r"([A-Za-z_]+):")
_NAMES = (*TIME_FIELDS, *_ALIASES, *FIELDS)


@dataclass(frozen=True, slots=True)
class Token:
    """One thing that was typed: a link's name and value, and at which character it begins (from 0)."""

    name: str
    value: str
    place: int
    bare: bool = False  # a word without a name: it joins its neighbour


def read(text: str) -> EventFilter:
    """The filter that the text means. Raises UsageError that says at which character it can't be read."""
    pairs: list[tuple[str, str]] = []
    for token in _joined(_tokens(text)):
        pairs.append((token.name, token.value))
        try:
            EventFilter.from_params(pairs)
        except UsageError as wrong:
            raise _at(token.place, wrong.message, wrong.hint) from wrong
    return EventFilter.from_params(pairs)


def write(wanted: EventFilter) -> str:
    """The text that `read` reads back as an equal filter, the same for equal filters."""
    return " ".join(token for name, value in _in_order(wanted) for token in _written(name, value, wanted))


def _in_order(wanted: EventFilter) -> Iterator[tuple[str, str]]:
    """What has a name first, so that loose words stand at the end."""
    pairs = wanted.to_params()
    yield from (pair for pair in pairs if pair[0] != "search")
    yield from (pair for pair in pairs if pair[0] == "search")


def _written(name: str, value: str, wanted: EventFilter) -> Iterator[str]:
    match name:
        case "search" if len(wanted.search) == 1 and all(map(_is_plain, value.split(" "))):
            yield value
        case "search":
            yield _quoted(value)
        case "not-search":
            yield f"-{value if _is_plain(value) else _quoted(value)}"
        case "prefix" | "not-prefix" if _is_plain(value):
            yield f"{'-' if name.startswith('not-') else ''}{value}*"
        case _:
            yield token(name, value)


def token(name: str, value: str) -> str:
    """A link's name and value as one token that `read` reads back: `-region:"New York"` for `not-region`."""
    sign = "-" if name.startswith("not-") else ""
    bare = value and not value.startswith('"') and not any(map(str.isspace, value))
    return f"{sign}{name.removeprefix('not-')}:{value if bare else _quoted(value)}"


def _is_plain(word: str) -> bool:
    """Whether a word without a name is read as it stands."""
    return (
        bool(word) and word[0] not in '-"' and word[-1] != "*" and ":" not in word and not any(map(str.isspace, word))
    )


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _joined(tokens: Iterator[Token]) -> Iterator[Token]:
    """Loose words next to each other as one text."""
    words: Token | None = None
    for token in tokens:
        if words is not None and token.bare:
            words = Token("search", f"{words.value} {token.value}", words.place, bare=True)
            continue
        if words is not None:
            yield words
        words = token if token.bare else None
        if words is None:
            yield token
    if words is not None:
        yield words


def _tokens(text: str) -> Iterator[Token]:
    place = 0
    while True:
        while place < len(text) and text[place].isspace():
            place += 1
        if place == len(text):
            return
        token, place = _token(text, place)
        yield token


def _token(text: str, start: int) -> tuple[Token, int]:
    excluded = text[start] == "-" and start + 1 < len(text) and not text[start + 1].isspace()
    place = start + excluded
    sign = "not-" if excluded else ""
    if text[place] == '"':
        value, end = _quotation(text, place)
        return Token(f"{sign}search", value, start), end
    if named := _NAME.match(text, place):
        name = _field(named[1].lower(), place, excluded=excluded)
        place = named.end()
        if place == len(text) or text[place].isspace():
            raise _at(place, f"{named[0]} has no value", "Write it right behind the colon, in quotes if it has blanks.")
        value, end = _quotation(text, place) if text[place] == '"' else _word(text, place)
        return Token(f"{sign}{name}", value, start), end
    word, end = _word(text, place)
    if len(word) > 1 and word.endswith("*"):
        return Token(f"{sign}prefix", word[:-1], start), end
    return Token(f"{sign}search", word, start, bare=not excluded), end


def _field(name: str, place: int, *, excluded: bool) -> str:
    if name not in _NAMES:
        known = f"There are {', '.join(_NAMES)}; a text that holds a colon stands in quotes."
        raise _at(place, f"{name[:64]!r} is not a field", known)
    name = _ALIASES.get(name, name)
    if excluded and name in TIME_FIELDS:
        raise _at(place, f"{name} can't be excluded", "Write since: or until: instead.")
    return name


def _word(text: str, place: int) -> tuple[str, int]:
    end = place
    while end < len(text) and not text[end].isspace():
        end += 1
    return text[place:end], end


def _quotation(text: str, start: int) -> tuple[str, int]:
    """What stands in quotes, and where it ends."""
    found: list[str] = []
    place = start + 1
    while place < len(text):
        sign = text[place]
        if sign == '"':
            return "".join(found), place + 1
        if sign == "\\" and text[place + 1 : place + 2] in ('"', "\\"):
            place += 1
            sign = text[place]
        found.append(sign)
        place += 1
    raise _at(start, "a quotation that does not end", 'Write a " behind it.')


def _at(place: int, what: str, hint: str) -> UsageError:
    return UsageError(f"Character {place + 1}: {what}", hint)
