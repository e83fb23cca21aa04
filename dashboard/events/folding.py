"""How texts are compared and shown: folding for the search, and a form of any text that no terminal or reader obeys."""

import re
import unicodedata
from collections.abc import Callable

DOT_ABOVE = "\u0307"
FINAL_SIGMA, SIGMA = "ς", "σ"

_JOINERS = "\u200c\u200d"  # harmless, and words and emoji fall apart without them
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_ON_A_LETTER, _MOST_MARKS = frozenset({"Mn", "Me"}), 4  # Hebrew and Vietnamese have up to three
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"  # Hangul's fillers and the empty Braille pattern
_WITHOUT_INK = re.compile(rf"[\s{_JOINERS}{_BLANK_LETTERS}\u034f\ufe00-\ufe0f]*")


def fold(text: str) -> str:
    """The text as the search compares it: Unicode lower case without U+0307, so that `istanbul` finds `İstanbul`.

    `İ` becomes `i` + U+0307 by the full mapping and `i` by the simple one, and a final `Σ` becomes `ς` or `σ`;
    both ends meet here, so Python, Polars and PostgreSQL agree.
    """
    return text.lower().replace(DOT_ABOVE, "").replace(FINAL_SIGMA, SIGMA)


def visible(text: str) -> str:
    r"""The text with each control, direction and private character written as `\u{1b}`: for terminals and headings.

    So is each mark that would be the fifth on one letter: such towers are drawn across the lines above.
    """
    return escaped(text, lambda character: f"\\u{{{ord(character):x}}}")


def escaped(text: str, escape: Callable[[str], str]) -> str:
    """The text with each character that `visible` writes out as `escape` writes it."""
    if text.isascii() and text.isprintable():
        return text
    written, marks = [], 0
    for character in text:
        kind = unicodedata.category(character)
        marks = marks + 1 if kind in _ON_A_LETTER else 0
        out = (kind in _UNSEEN and character not in _JOINERS) or marks > _MOST_MARKS
        written.append(escape(character) if out else character)
    return "".join(written)


def is_blank(text: str) -> bool:
    """Whether nothing of it is seen, once `visible` has written out what it does: spaces, joiners, blank letters."""
    return _WITHOUT_INK.fullmatch(text) is not None
