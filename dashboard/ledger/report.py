"""What verification says: what it covered, and what it found."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Kind(StrEnum):
    """What is wrong, in the words that are shown."""

    ALTERED = "altered"
    DELETED = "deleted"
    INSERTED = "inserted"
    REWRITTEN = "history rewritten"
    ROLLED_BACK = "rolled back"
    ERASED = "erased without a record"
    RETIRED = "retired without a record"
    BACKDATED = "back-dated"
    TREE = "tree damaged"
    SIGNATURE = "signature wrong"
    ARCHIVE = "archive differs"
    PROTECTION = "protection removed"
    UNSEALED = "left unsealed"
    GAP = "gap in a source's count"
    UNVERIFIABLE = "can't be verified"


AMBER = frozenset({Kind.GAP, Kind.UNVERIFIABLE})
"""Worth a look, but no sign that the record was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong. `first` and `last` are the first and last seq concerned, the same for one row; None
    where it can't be known.
    """

    kind: Kind
    message: str  # a sentence; log text never stands in it
    first: int | None = None
    last: int | None = None
    event_id: int | None = None
    sealed_leaf: str | None = None  # hexadecimal: as sealed
    found_leaf: str | None = None  # as found now
    sealed_at: str | None = None

    @property
    def name(self) -> str:
        """Ten hexadecimal digits: the same finding in each report."""
        what = f"{self.kind}|{self.first}|{self.last}|{self.event_id}|{'' if self.first is not None else self.message}"
        return hashlib.sha256(what.encode()).hexdigest()[:10]

    @property
    def is_damage(self) -> bool:
        """Whether the record was changed, or may have been."""
        return self.kind not in AMBER

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        return cls(**{**kept, "kind": Kind(kept["kind"])})


class Mode(StrEnum):
    """Why a pass ran."""

    SEALS = "seals"  # what was sealed since the last pass
    BACKGROUND = "background"  # a piece of the rolling pass
    FULL = "full"  # everything, on demand


Range = tuple[int, int]
"""start <= seq < stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One pass of verification."""

    log_id: str
    mode: Mode
    at: str  # when it ended
    as_of: int  # the tree it looked at
    root: str  # its root hash, base64
    rows: int  # rows whose leaf was computed again from the record
    archived: int  # rows whose leaf was computed again from the archive
    covered: tuple[Range, ...]  # of the record, or of the archive where the record's rows are retired
    seals: int  # sealed roots that were computed again
    checkpoints: int  # signatures that were checked
    anchors: int  # copies outside that were compared
    erased: int  # groups erased with a record
    retired: int  # rows retired with a record
    unsealed: int  # events that wait for their seal
    findings: tuple[Finding, ...]
    left_out: tuple[str, ...] = ()  # what could not be covered, and why
    seconds: float = 0.0

    @property
    def is_sound(self) -> bool:
        """Whether nothing that was covered is damaged."""
        return not any(finding.is_damage for finding in self.findings)

    def to_json(self) -> str:
        """One line of JSON; each finding with its name."""
        kept = asdict(self)
        kept["findings"] = [{"name": found.name, **asdict(found)} for found in self.findings]
        return json.dumps(kept, separators=(",", ":"), ensure_ascii=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ValueError, KeyError or TypeError for anything that `to_json` did not write."""
        kept = json.loads(text)
        findings = tuple(
            Finding.from_json({name: value for name, value in found.items() if name != "name"})
            for found in kept["findings"]
        )
        return cls(
            **{
                **kept,
                "mode": Mode(kept["mode"]),
                "findings": findings,
                "covered": tuple((int(a), int(b)) for a, b in kept["covered"]),
                "left_out": tuple(kept["left_out"]),
            }
        )


def joined(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """The same places in the fewest ranges, in order."""
    done: list[Range] = []
    for start, stop in sorted(found for found in ranges if found[0] < found[1]):
        if done and start <= done[-1][1]:
            done[-1] = (done[-1][0], max(stop, done[-1][1]))
        else:
            done.append((start, stop))
    return tuple(done)


def places_in(ranges: Iterable[Range]) -> int:
    """How many places the ranges hold, each once."""
    return sum(stop - start for start, stop in joined(ranges))
