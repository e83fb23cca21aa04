r"""The search bar's line while somebody types it: the token at the caret, and what stands around it.

    >>> unfinished('category:Auth -region:"New Y')
    Unfinished(head='category:Auth ', excluded=True, name='region', typed='New Y', tail='')

It never fails: what is not a token yet is one in the making.
"""

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r'(?P<sign>-(?=\S))?(?:(?P<name>[A-Za-z_]+):)?(?:"(?P<quoted>(?:\\["\\]|[^"])*)(?P<end>"?)|(?P<word>\S*))'
)
_ESCAPED = re.compile(r'\\(["\\])')


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What is being typed, and the line on both sides of its token."""

    head: str
    excluded: bool  # there is a - before it
    name: str | None  # of a field, in lower case, `search` of a quotation; None for a word, which may become a name
    typed: str  # of the value, or of the word, as far as the caret
    tail: str

    @property
    def rest(self) -> str:
        """The line without the token."""
        return f"{self.head.rstrip()} {self.tail.lstrip()}".strip()


def unfinished(before: str, after: str = "") -> Unfinished:
    """What is typed with the caret between two texts. A caret behind a blank begins a new token."""
    start, found = _last(before)
    if found is None:
        return Unfinished(before, excluded=False, name=None, typed="", tail=after)
    line = before + after
    whole = _TOKEN.match(line, start)
    assert whole is not None  # it can match nothing at all
    quoted, name = found["quoted"], found["name"]
    return Unfinished(
        head=line[:start],
        excluded=found["sign"] is not None,
        name=name.lower() if name else None if quoted is None else "search",
        typed=found["word"] if quoted is None else _ESCAPED.sub(r"\1", quoted),
        tail=line[whole.end() :],
    )


def _last(text: str) -> tuple[int, re.Match[str] | None]:
    """The token that the text ends in, and where it begins; None behind a blank or a quotation that has ended."""
    place = 0
    while True:
        while place < len(text) and text[place].isspace():
            place += 1
        found = _TOKEN.match(text, place)
        if found is None or place == len(text):
            return place, None
        if found.end() == len(text):
            return (place, None) if found["end"] else (place, found)
        place = found.end()
