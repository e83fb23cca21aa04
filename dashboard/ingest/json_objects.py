"""One JSON object -> one event; what JSON lines and JSON arrays have in common.

**All fields**: the keys are the words of the data dictionary; strings are taken literally (`"-"` is an actor named
`-`), null or no key is no value. `details` is a string, kept as it is, or an object or array, kept without its blanks,
its numbers exact. **The seven labels** (`Actor`, …, `Timestamp`): as in a table, `""`, `-` and `—` are nobody and
nowhere.

Strict JSON (RFC 8259, and no key twice): orjson, which refuses NaN, infinite numbers, half surrogate pairs and what is
not UTF-8; it silently keeps the last of equal keys, so the strings in the text are counted and compared.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Any

import orjson

from dashboard.errors import InvalidEvent
from dashboard.ingest.fields import MAY_BE_NOBODY, NOBODY, Maker, Names
from dashboard.ingest.rejects import WHOLE_LINE, Parsed, Reject, rejected

DEEPEST = 64  # levels of objects and arrays in one event
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_SHAPES_KEPT = 1024  # objects of one program have few different lists of keys
_KINDS = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "an array", dict: "an object"}


class ObjectReader:
    """Makes events of objects; remembers what each list of keys means."""

    def __init__(self, maker: Maker) -> None:
        self._maker = maker
        self._names: dict[tuple[str, ...], Names] = {}

    def parsed(self, line: int, text: bytes) -> Parsed:
        """What the JSON text that begins in this line holds."""
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as wrong:
            return rejected(line, WHOLE_LINE, why_not_json(text, wrong))
        return self.of_value(line, text, value)

    def of_value(self, line: int, text: bytes, value: object) -> Parsed:
        """The same for a text already read; `value` is what `orjson.loads(text)` gave."""
        if type(value) is not dict:
            return rejected(line, WHOLE_LINE, f"is {kind_of(value)}, not an object")
        try:
            _check_strings(text, value)
            names = self._names_of(value)
            fields = _fields(value, names, text)
            return Parsed(line, len(text), self._maker.event(fields, UTC if names.utc else None))
        except InvalidEvent as wrong:
            return Parsed(line, 0, Reject.because(line, wrong))

    def _names_of(self, value: Mapping[str, object]) -> Names:
        keys = tuple(value)
        names = self._names.get(keys)
        if names is None:
            names = Names.of(keys)
            if len(self._names) >= _SHAPES_KEPT:
                self._names.clear()
            self._names[keys] = names
        return names


def kind_of(value: object) -> str:
    """How a sentence calls a JSON value."""
    return "null" if value is None else _KINDS[type(value)]


def why_not_json(text: bytes, wrong: orjson.JSONDecodeError) -> str:
    try:
        text.decode()
    except UnicodeDecodeError as bad:
        return f"is not UTF-8: byte {bad.start + 1} is 0x{text[bad.start]:02x}"
    return f"is not JSON: {wrong.msg} (column {wrong.colno})"


def _fields(value: Mapping[str, object], names: Names, text: bytes) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, field in names.fields:
        item = value[key]
        if type(item) is str or item is None or (field == "source_seq" and type(item) is int):
            fields[field] = item
        elif field == "details" and isinstance(item, dict | list):
            fields[field] = _compact(item, key, text)
        else:
            raise InvalidEvent(field, f"is {kind_of(item)}; {_expected(field)}")
    if type(fields.get("source_seq")) is str:
        raise InvalidEvent("source_seq", "is a text; a whole number belongs here")
    if names.labelled:
        for field in MAY_BE_NOBODY & fields.keys():
            if fields[field] is not None and fields[field].strip() in NOBODY:
                fields[field] = None
    return fields


def _expected(field: str) -> str:
    if field == "source_seq":
        return "a whole number belongs here"
    return "an object, an array or JSON text belongs here" if field == "details" else "a text belongs here"


def _compact(item: dict[str, Any] | list[Any], key: str, text: bytes) -> str:
    """The value as JSON without blanks. Numbers that a double would change are taken from the text as they stand."""
    if any(type(part) is float for part in _parts(item)):
        item = json.loads(text, parse_float=_number, parse_int=_number)[key]
    return orjson.dumps(item).decode()


def _number(digits: str) -> orjson.Fragment:
    return orjson.Fragment(digits)


def _check_strings(text: bytes, value: dict[str, object]) -> None:
    """Raises InvalidEvent when the object is nested too deep, or a key stands twice in it or in anything below it."""
    strings = 0
    for item in value.values():
        if type(item) is str:
            strings += 1
        elif isinstance(item, dict | list):
            strings += sum(type(part) is str for part in _parts(item))
    quotes = (text if b"\\" not in text else _ESCAPE.sub(b"", text)).count(b'"')
    if quotes != 2 * (strings + len(value)):
        raise InvalidEvent(_key_that_stands_twice(text), "stands twice in one object")


def _parts(item: object) -> Iterable[object]:
    """Every key and value below this one, and itself; raises InvalidEvent beyond DEEPEST levels."""
    level = [item]
    for _ in range(DEEPEST):
        below: list[object] = []
        for part in level:
            yield part
            if isinstance(part, dict):
                yield from part
                below.extend(part.values())
            elif isinstance(part, list):
                below.extend(part)
        if not below:
            return
        level = below
    raise InvalidEvent(WHOLE_LINE, f"is nested more than {DEEPEST} levels deep")


def _key_that_stands_twice(text: bytes) -> str:
    twice = WHOLE_LINE

    def check(pairs: list[tuple[str, object]]) -> None:
        nonlocal twice
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                twice = key
            seen.add(key)

    json.loads(text, object_pairs_hook=check)
    return twice
