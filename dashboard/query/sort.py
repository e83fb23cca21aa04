"""The order of events: by any column, then newest first, then by place: total, so that pages never overlap."""

from dataclasses import dataclass

from dashboard.errors import UsageError
from dashboard.events.columns import SCHEMA


@dataclass(frozen=True, slots=True)
class Sort:
    """Sorts by a column, null last both ways, text by code point; ties by `occurred_at desc, seq desc`."""

    column: str = "occurred_at"
    descending: bool = True

    def __post_init__(self) -> None:
        if self.column not in SCHEMA:
            raise UsageError(f"sort: {self.column[:64]!r} is not a column", f"There are {', '.join(SCHEMA)}.")

    @classmethod
    def parse(cls, text: str) -> "Sort":
        """Reads `actor`, `actor:asc`, and for the other direction `actor:desc` or `-actor`."""
        column, _, direction = text.removeprefix("-").partition(":")
        if direction not in ("", "asc", "desc") or (direction and text.startswith("-")):
            raise UsageError(f"sort: {text[:64]!r} is unknown", "Write a column, then :asc or :desc.")
        return cls(column, descending=direction == "desc" or text.startswith("-"))

    def __str__(self) -> str:
        return f"{self.column}:{'desc' if self.descending else 'asc'}"

    @property
    def keys(self) -> tuple[tuple[str, bool], ...]:
        """The columns to sort by, each with whether it descends."""
        ties = {"occurred_at": True, "seq": True}
        return ((self.column, self.descending), *((name, down) for name, down in ties.items() if name != self.column))


NEWEST_FIRST = Sort()
