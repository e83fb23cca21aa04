"""What a format module yields for each line: the event it holds, or why it holds none."""

from dataclasses import dataclass
from typing import NamedTuple

from dashboard.errors import InvalidEvent
from dashboard.events.event import AuditEvent

WHOLE_FILE = "file"  # the field of a reject that stands for everything in a file
WHOLE_LINE = "line"  # ... and of one where no single field is to blame
_LONGEST_FIELD, _LONGEST_REASON = 64, 300


@dataclass(frozen=True, slots=True)
class Reject:
    """One line that can't be taken. `field` and `reason` may be shown as they are: they hold no control character."""

    line: int  # where the record begins, from 1
    field: str
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "field", visible(_cut(self.field, _LONGEST_FIELD)))
        object.__setattr__(self, "reason", visible(_cut(self.reason, _LONGEST_REASON)))

    @classmethod
    def because(cls, line: int, wrong: InvalidEvent) -> "Reject":
        return cls(line, wrong.field, wrong.reason)


class Parsed(NamedTuple):
    """One record of a file: where it begins, how long it is, and what became of it."""

    line: int
    size_bytes: int
    outcome: AuditEvent | Reject


def rejected(line: int, field: str, reason: str) -> Parsed:
    return Parsed(line, 0, Reject(line, field, reason))


def visible(text: str) -> str:
    """The text with each character that a terminal obeys or hides (control, bidirectional, zero-width) as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
