"""Which regular expressions a Spark cluster may be asked.

Polars and PostgreSQL match in a time that grows with the text. Java, which Spark matches with, tries one way after the
other: some expressions would keep a worker busy for years, and a group that repeats can end the worker's process, since
each repeat takes a piece of its stack. Nothing can stop a match that has begun, so these are refused.
"""

import re
from math import prod

from dashboard.errors import UsageError
from dashboard.events.pattern import compiled

_MOST_ENDLESS = 2  # with the search for where a match begins: at worst the square of a text's length ...
_MOST_WAYS = 64  # ... times this
_SIGN = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\(\?:|\{\d+(?:,\d*)?\}|.", re.DOTALL)
_ENDLESS = re.compile(r"[*+]|\{\d+,\}")
_BOUNDED = re.compile(r"\{(\d+)(?:,(\d+))?\}")


def java_pattern(text: str) -> str:
    """The expression as Java searches folded texts with it. Raises UsageError for one that could take it too long."""
    pattern = compiled(text, end=r"\z")  # Java's $ is also before a line's end
    signs = _SIGN.findall(pattern)
    repeats = [(before, sign) for before, sign in zip(["", *signs], signs, strict=False) if _repeats(sign)]
    choices = _choices(signs)
    is_anchored = pattern.startswith("^") and signs.count("|") == choices
    endless = sum(_ENDLESS.fullmatch(sign) is not None for _, sign in repeats) + (not is_anchored)
    ways = prod(_ways(sign) for _, sign in repeats) * 2**choices
    if endless > _MOST_ENDLESS or ways > _MOST_WAYS or any(of == ")" and sign != "?" for of, sign in repeats):
        raise UsageError(
            f"regex: {text[:64]!r} could keep a Spark cluster busy without end",
            "Write at most one * or + (two behind a ^) and repeat no ( ), or set AUDITLENS_ENGINE to polars.",
        )
    return pattern


def _repeats(sign: str) -> bool:
    return sign in ("*", "+", "?") or (sign[0] == "{" and len(sign) > 1)


def _ways(repeat: str) -> int:
    """In how many ways a repeat with an end can be taken."""
    if repeat == "?":
        return 2
    bounds = _BOUNDED.fullmatch(repeat)
    return int(bounds[2] or bounds[1]) - int(bounds[1]) + 1 if bounds else 1


def _choices(signs: list[str]) -> int:
    """How many | stand in a group: outside of groups they only add to the work."""
    depth, found = 0, 0
    for sign in signs:
        depth += (sign == "(?:") - (sign == ")")
        found += sign == "|" and depth > 0
    return found
