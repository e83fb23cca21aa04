r"""Regular expressions that mean the same on every engine: a subset, checked and written anew before one sees it.

    literals      abc  ü  \. \* \( \\ …   (a backslash makes any sign that is no letter or digit stand for itself)
    any           .    but no line break
    sets          [abc]  [a-z0-9]  [^x]  \d [0-9]  \w [a-z0-9_]  \s blanks;  \D \W \S what is none of them
    ends          ^ the beginning of the text, $ its end
    one of two    cat|dog,  with brackets (cat|dog)s
    repeats       *  +  ?  {3}  {2,5}  {2,}   up to 100; what repeats without end holds no other such repeat

Texts and expression are compared folded (`events.folding.fold`), so case does not matter. Nothing else is taken: no
back-references, no look-around, no flags. An expression has 200 characters at most.
"""

import re
from dataclasses import dataclass

from dashboard.events.folding import fold

LONGEST = 200
MOST_REPEATS = 100

_SPECIAL = frozenset(".^$|()[]{}*+?\\")
_IN_SET = frozenset("[]^-\\&~")
_CLASSES = {"d": "0-9", "w": "a-z0-9_", "s": " \t\n\r\f\x0b"}
_BOUNDS = re.compile(r"\{(\d{1,3})(,(\d{0,3}))?\}")


class InvalidPattern(ValueError):
    """Says what is wrong with a regular expression, and at which character."""


def compiled(text: str, *, end: str = "$") -> str:
    """The expression as an engine searches folded texts with it; `end` is how the engine writes the end of a text.

    Raises InvalidPattern.
    """
    if len(text) > LONGEST:
        raise InvalidPattern(f"is longer than {LONGEST} characters")
    reader = _Reader(text, end)
    written, _ = reader.alternatives()
    if reader.place < len(text):
        raise reader.wrong("a ) without its (")
    return written


@dataclass(slots=True)
class _Reader:
    """Reads an expression from its beginning to its end, once."""

    text: str
    end: str
    place: int = 0

    def wrong(self, what: str) -> InvalidPattern:
        return InvalidPattern(f"has {what} at character {self.place + 1}")

    def alternatives(self) -> tuple[str, bool]:
        """Parts with | between them, and whether one repeats without end."""
        parts, endless = [], False
        while True:
            part, its = self._sequence()
            parts.append(part)
            endless |= its
            if not self._took("|"):
                return "|".join(parts), endless

    def _sequence(self) -> tuple[str, bool]:
        parts, endless = [], False
        while self.place < len(self.text) and self.text[self.place] not in "|)":
            part, its = self._repeated()
            parts.append(part)
            endless |= its
        if not parts:
            raise self.wrong("nothing to look for")
        return "".join(parts), endless

    def _repeated(self) -> tuple[str, bool]:
        part, endless = self._one()
        repeat = self._repeat()
        if not repeat:
            return part, endless
        if part in ("^", self.end):
            raise self.wrong("a repeat of an end")
        unbounded = repeat in ("*", "+") or repeat.endswith(",}")
        if unbounded and endless:
            raise self.wrong("a repeat without end inside of another")
        return part + repeat, endless or unbounded

    def _repeat(self) -> str:
        if self.place < len(self.text) and self.text[self.place] in "*+?":
            self.place += 1
            repeat = self.text[self.place - 1]
        elif found := _BOUNDS.match(self.text, self.place):
            least, most = int(found[1]), int(found[3] or found[1])
            if max(least, most) > MOST_REPEATS or most < least:
                raise self.wrong(f"a repeat that is no range from 0 to {MOST_REPEATS}")
            self.place = found.end()
            repeat = found[0]
        else:
            return ""
        if self.place < len(self.text) and (self.text[self.place] in "*+?" or _BOUNDS.match(self.text, self.place)):
            raise self.wrong("a repeat of a repeat")
        return repeat

    def _one(self) -> tuple[str, bool]:
        sign = self.text[self.place]
        if sign in "*+?{}":
            raise self.wrong(f"a {sign} that repeats nothing (for the sign itself write \\{sign})")
        self.place += 1
        match sign:
            case "(":
                return self._group()
            case "[":
                return self._set(), False
            case ".":
                return "[^\n]", False
            case "^":
                return "^", False
            case "$":
                return self.end, False
            case "\\":
                return self._escaped(), False
            case "]":
                return "\\]", False
        return _literal(sign), False

    def _group(self) -> tuple[str, bool]:
        if self.place < len(self.text) and self.text[self.place] == "?":
            raise self.wrong("(?, which is not taken")
        inner, endless = self.alternatives()
        if not self._took(")"):
            raise self.wrong("a ( without its )")
        return f"(?:{inner})", endless

    def _escaped(self) -> str:
        sign = self._escape()
        if sign.lower() in _CLASSES and sign.isalpha():
            return f"[{'^' if sign.isupper() else ''}{_CLASSES[sign.lower()]}]"
        return _literal(sign)

    def _escape(self) -> str:
        """What stands behind a backslash: a sign, or the letter of a class."""
        if self.place == len(self.text):
            raise self.wrong("a \\ with nothing behind it")
        sign = self.text[self.place]
        if sign.isalnum() and sign.lower() not in _CLASSES:
            raise self.wrong(f"\\{sign}, which is not taken")
        self.place += 1
        return sign

    def _set(self) -> str:
        negated = self._took("^")
        items: list[str] = []
        while not self._took("]") or not items:
            if self.place >= len(self.text):
                raise self.wrong("a [ without its ]")
            items.append(self._item())
        return f"[{'^' if negated else ''}{''.join(items)}]"

    def _item(self) -> str:
        first = self._sign_of_set()
        if len(first) > 1:
            return first
        if self.text[self.place : self.place + 1] == "-" and self.text[self.place + 1 : self.place + 2] not in (
            "]",
            "",
        ):
            self.place += 1
            last = self._sign_of_set()
            low, high = fold(first), fold(last)
            if len(last) > 1 or len(low) != 1 or len(high) != 1 or low > high:
                raise self.wrong("a range that is none")
            return f"{_in_set(low)}-{_in_set(high)}"
        return "".join(map(_in_set, fold(first)))

    def _sign_of_set(self) -> str:
        """One sign of a set, or the text of a class."""
        if self.place >= len(self.text):
            raise self.wrong("a [ without its ]")
        sign = self.text[self.place]
        self.place += 1
        if sign != "\\":
            return sign
        sign = self._escape()
        if sign.isalpha():
            if sign.isupper():
                raise self.wrong(f"\\{sign} in a set, which is not taken")
            return _CLASSES[sign]
        return sign

    def _took(self, sign: str) -> bool:
        if self.text[self.place : self.place + 1] != sign:
            return False
        self.place += 1
        return True


def _literal(sign: str) -> str:
    folded = "".join(f"\\{one}" if one in _SPECIAL else one for one in fold(sign))
    return f"(?:{folded})" if len(fold(sign)) != 1 else folded


def _in_set(sign: str) -> str:
    return f"\\{sign}" if sign in _IN_SET else sign
