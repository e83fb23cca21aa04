"""Whether a text names a person: a value as a whole word, in any letter case, also as JSON, CSV and URLs write it."""

import re
import unicodedata
from collections.abc import Iterator

from dashboard.errors import UsageError
from dashboard.events.folding import SIGMA, fold

_LONGEST_BYTES = 1024
_ESCAPE = r"\\[bfnrt]|\\u[0-9a-f]{4}|%[0-9a-f]{2}"  # what may stand before a word without being a part of it


def checked_value(value: str) -> str:
    """The value to look for, without blanks around it. Raises UsageError for one that would be found everywhere, or
    nowhere.
    """
    value = value.strip()
    if sum(character.isalnum() for character in value) < 2 or any(map(_is_control, value)):
        raise UsageError("The value to erase is no name and no address.", "Give a whole one, in one line.")
    if len(value.encode(errors="replace")) > _LONGEST_BYTES:
        raise UsageError("The value to erase is too long.", "No name or address is longer than 1 KiB.")
    return value


def rust_pattern(value: str) -> str:
    """The regular expression as Polars takes it, for folded text (`events.folding.fold`)."""
    return rf"(?:\b{{start-half}}|{_ESCAPE})(?:{_words(value)})\b{{end-half}}"


def pattern(value: str) -> re.Pattern[str]:
    """The same for Python, for folded text."""
    return re.compile(rf"(?:(?<!\w)|{_ESCAPE})(?:{_words(value)})(?!\w)")


def is_named(text: str | None, value: str) -> bool:
    """Whether the text, not folded yet, speaks of the value."""
    return text is not None and pattern(value).search(fold(text)) is not None


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc"


def _words(value: str) -> str:
    forms = {unicodedata.normalize(form, fold(value)) for form in ("NFC", "NFD")} | {fold(value)}
    return "|".join("".join(_as_written(character) for character in form) for form in sorted(forms))


def _as_written(character: str) -> str:
    """One folded character, itself and escaped."""
    if character.isspace():
        return r"(?:\s|\+|%20|\\+[nrt]|\\+u00[2a]0)+"
    ways = [re.escape(character), *(rf"\\+u{unit}" for unit in _json_escapes(character))]
    if not character.isalnum():
        ways.append("".join(f"%{byte:02x}" for byte in character.encode()))
        ways.append(rf"\\+{re.escape(character)}")  # \" \\ \/
    if character == '"':
        ways.append('""')  # CSV
    if not character.isascii():
        ways.append("".join(f"%{byte:02x}" for byte in character.encode()))
    return f"(?:{'|'.join(dict.fromkeys(ways))})"


def _json_escapes(character: str) -> Iterator[str]:
    for variant in sorted(_unfolded(character)):
        units = variant.encode("utf-16-be").hex()
        yield r"\\+u".join(units[k : k + 4] for k in range(0, len(units), 4))


def _unfolded(character: str) -> set[str]:
    """The characters that fold to this one."""
    found = {character, character.upper(), character.title()}
    found |= {"İ"} if character == "i" else set()
    found |= {"ς", "Σ"} if character == SIGMA else set()
    return {variant for variant in found if len(variant) == 1}
