"""Figures as words, and tables of them as Markdown."""

from collections.abc import Iterable, Sequence

ABSENT = "–"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    """A table; every column but the first to the right."""
    yield "| " + " | ".join(columns) + " |"
    yield "|---|" + "---:|" * (len(columns) - 1)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def ms(seconds: float | str | None) -> str:
    """Seconds as milliseconds to three digits; words stay as they are."""
    if seconds is None or isinstance(seconds, str):
        return seconds or ABSENT
    value = seconds * 1000
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def factor(one: float | str | None, other: float | None) -> str:
    """How many times the other the one is."""
    if one is None or other is None or isinstance(one, str):
        return ABSENT
    ratio = one / other
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.2f}"


def bytes_(size: float) -> str:
    """A size in the unit that suits it."""
    return f"{size / 1024**3:.2f} GiB" if size >= 1024**3 else f"{size / 1024**2:,.0f} MiB"


def number(cell: object) -> str:
    """A cell of a part's own table."""
    return f"{cell:,.2f}" if isinstance(cell, float) else f"{cell:,}" if isinstance(cell, int) else str(cell)
