"""How texts are compared and shown: folding for the search, and a form of any text that no terminal or reader obeys."""

import unicodedata

DOT_ABOVE = "\u0307"
FINAL_SIGMA, SIGMA = "ς", "σ"

_JOINERS = "\u200c\u200d"  # harmless, and words and emoji fall apart without them
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def fold(text: str) -> str:
    """The text as the search compares it: Unicode lower case without U+0307, so that `istanbul` finds `İstanbul`.

    `İ` becomes `i` + U+0307 by the full mapping and `i` by the simple one, and a final `Σ` becomes `ς` or `σ`;
    both ends meet here, so Python, Polars and PostgreSQL agree.
    """
    return text.lower().replace(DOT_ABOVE, "").replace(FINAL_SIGMA, SIGMA)


def visible(text: str) -> str:
    r"""The text with each control, direction and private character written as `\u{1b}`: for terminals and headings."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(f"\\u{{{ord(c):x}}}" if _is_unseen(c) else c for c in text)


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN and character not in _JOINERS
