"""Which places of the log were looked at, and when last."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.ledger.report import Range

_ALIKE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Covered:
    """Places start <= seq < stop, all of them looked at no earlier than `at`."""

    start: int
    stop: int
    at: datetime


class Coverage:
    """Keeps for each place when it was looked at last. Neighbours looked at within ten minutes of each other are kept
    as one, by the earlier time: a day of small passes takes some hundred entries.
    """

    def __init__(self) -> None:
        self._parts: list[Covered] = []  # disjoint, in order

    def add(self, ranges: Iterable[Range], at: datetime) -> None:
        """Takes in a pass; passes come in the order of their times."""
        for start, stop in ranges:
            if start < stop:
                self._put(Covered(start, stop, at))

    def since(self, earliest: datetime, as_of: int) -> tuple[Covered, ...]:
        """What was looked at no earlier than this, of the first `as_of` places, in order; forgets what is older."""
        self._parts = [part for part in self._parts if part.at >= earliest]
        return tuple(Covered(part.start, min(part.stop, as_of), part.at) for part in self._parts if part.start < as_of)

    def _put(self, new: Covered) -> None:
        first = max(0, bisect_left(self._parts, new.start, key=lambda part: part.start) - 1)
        last = bisect_left(self._parts, new.stop, lo=first, key=lambda part: part.start)
        last = min(last + 1, len(self._parts))  # one neighbour at each end, to be joined
        kept: list[Covered] = []
        for old in self._parts[first:last]:
            if old.start < new.start:
                kept.append(Covered(old.start, min(old.stop, new.start), old.at))
            if old.stop > new.stop:
                kept.append(Covered(max(old.start, new.stop), old.stop, old.at))
        kept.append(new)
        kept.sort(key=lambda part: part.start)
        self._parts[first:last] = _joined(kept)


def _joined(parts: Iterable[Covered]) -> list[Covered]:
    done: list[Covered] = []
    for part in parts:
        before = done[-1] if done else None
        if before and before.stop == part.start and abs(before.at - part.at) <= _ALIKE:
            done[-1] = Covered(before.start, part.stop, min(before.at, part.at))
        else:
            done.append(part)
    return done
