"""What differs between two texts, word by word, and between two JSON texts, key by key.

>>> "".join(part.text for part in words("keep 7 days", "keep 30 days") if part.kind is not Kind.ADDED)
'keep 7 days'
>>> json_changes('{"keep": {"days": 7}}', '{"keep": {"days": 30}}')
(Change(name='keep.days', before='7', after='30'),)
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import takewhile

_WORDS = re.compile(r"\s+|(?:\w[^\w\s\x00-\x7f]*)+|[^\w\s]+")  # a letter keeps the marks above and behind it
_MOST_WORDS = 1000  # on a side, between what both begin and end with: comparing costs the square of them
_PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]*")


class Kind(StrEnum):
    """On which side a part of a text stands."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Part:
    """Some words of one text, or of both."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A field that differs; None where there is none."""

    name: str
    before: str | None
    after: str | None


class _Number(str):
    """A number as it is written: `1.0` is not `1`, and no digit is lost."""

    __slots__ = ()


class _Twice(ValueError):
    """An object that has a key twice: which of its values counts is nobody's to say."""


def words(before: str, after: str) -> tuple[Part, ...]:
    """The parts of both texts in order: the same and the removed ones joined give the one, the same and the added ones
    the other. Texts of more than a thousand words between their common ends differ as a whole there.
    """
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    inner_old, inner_new = old[start : len(old) - end], new[start : len(new) - end]
    inner = _without_gaps(_inner(inner_old, inner_new))
    parts = [(Kind.SAME, old[:start]), *inner, (Kind.SAME, old[len(old) - end :])]
    return tuple(Part(kind, "".join(some)) for kind, some in parts if some)


def _inner(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Kind, Sequence[str]]]:
    if max(len(old), len(new)) > _MOST_WORDS:
        yield from ((Kind.REMOVED, old), (Kind.ADDED, new))
        return
    for kind, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Kind.SAME, old[start:end]
        else:
            yield from ((Kind.REMOVED, old[start:end]), (Kind.ADDED, new[new_start:new_end]))


def _without_gaps(parts: Iterable[tuple[Kind, Sequence[str]]]) -> Iterator[tuple[Kind, Sequence[str]]]:
    """The parts with nothing but blanks between two changes taken into them: `a b` instead of `c d` is one change."""
    removed: list[str] = []
    added: list[str] = []
    for kind, some in parts:
        if kind is Kind.SAME and "".join(some).strip():
            yield from ((Kind.REMOVED, removed), (Kind.ADDED, added), (Kind.SAME, some))
            removed, added = [], []
            continue
        removed += some if kind is not Kind.ADDED else ()
        added += some if kind is not Kind.REMOVED else ()
    yield from ((Kind.REMOVED, removed), (Kind.ADDED, added))


def _common(old: Iterable[str], new: Iterable[str]) -> int:
    """With how many equal words both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def json_changes(before: str | None, after: str | None) -> tuple[Change, ...] | None:
    """The values that differ, by the path of their keys, those of `before` first; None when a text can't be compared
    so: it is no JSON, holds a key twice, or is nested too deep. No text is an empty object.
    """
    old, new = (leaves("{}" if text is None else text) for text in (before, after))
    if old is None or new is None:
        return None
    paths = dict.fromkeys((*old, *new))
    return tuple(Change(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path))


def leaves(text: str) -> dict[str, str] | None:
    """Each value of a JSON text that holds no other, as JSON, by its path: `keep.days`, `tags[0]`, `"a key".x`.

    An empty object in another one is a value too; a text that is one value alone has the path `value`. None when the
    text can't be compared so.
    """
    try:
        read = json.loads(
            text, parse_int=_Number, parse_float=_Number, parse_constant=_Number, object_pairs_hook=_object
        )
        return {} if read == {} else dict(_leaves("", read))
    except (ValueError, RecursionError):
        return None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Twice
    return found


def _leaves(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            name = key if _PLAIN_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)
            yield from _leaves(f"{path}.{name}" if path else name, inner)
    elif isinstance(value, list) and value:
        for place, inner in enumerate(value):
            yield from _leaves(f"{path}[{place}]", inner)
    else:
        yield path or "value", value if isinstance(value, _Number) else json.dumps(value, ensure_ascii=False)
