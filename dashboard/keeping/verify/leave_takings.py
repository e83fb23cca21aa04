"""Erasures and retirements: each is on record by an event that says exactly what went."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from dashboard.keeping.verify.rows import tree_leaves
from dashboard.ledger.report import Finding, Kind, Range, joined
from dashboard.record.verifying import VerifyRecord

_RANGE = re.compile(r"\[(\d+),(\d+)\)")
_STEP = 65_536

IsArchived = Callable[[int, str], bool]
"""Whether the archive holds, at a place of the log, an event about the log itself with this native id."""


@dataclass(frozen=True, slots=True)
class Retired:
    """A month that left PostgreSQL."""

    month: str
    ranges: tuple[Range, ...]
    text: str
    rows: int
    digest: str


def retired_months(record: VerifyRecord) -> tuple[Retired, ...]:
    """What the record says was retired, on record or not."""
    return tuple(
        Retired(month, joined((int(a), int(b)) for a, b in _RANGE.findall(ranges)), ranges, rows, digest)
        for month, ranges, rows, digest in record.retired()
    )


def check_leave_takings(record: VerifyRecord, months: tuple[Retired, ...], is_archived: IsArchived) -> list[Finding]:
    """Erasures and retirements without an event that says exactly this. About 1 µs a row or group that went."""
    events = record.own_events()

    def is_on_record(native_id: str) -> bool:
        place, is_here = events.get(native_id, (None, False))
        return is_here or (place is not None and is_archived(place, native_id))

    return [*_erasures(record, is_on_record), *_retirements(record, months, is_on_record)]


def _erasures(record: VerifyRecord, is_on_record: Callable[[str], bool]) -> Iterator[Finding]:
    for number, groups in groupby(record.erasures(), key=lambda row: row[0]):
        lines, events, recorded = [], [], True
        for _, event_id, group, digest, is_recorded in groups:
            recorded = recorded and is_recorded
            if event_id is not None:
                lines.append(f"{event_id}#{group}#{digest}\n".encode())
                events.append(event_id)
        digest = hashlib.sha256(b"".join(sorted(lines))).hexdigest()
        if recorded and is_on_record(f"erasure:{number}:{digest}"):
            continue
        places = record.places_of(events)
        yield Finding(
            kind=Kind.ERASED, message=f"Erasure {number:,} is not on record: no event says exactly what it took.",
            first=places[0] if places else None, last=places[1] if places else None,
            event_id=events[0] if len(set(events)) == 1 else None,
        )  # fmt: skip


def _retirements(
    record: VerifyRecord, months: tuple[Retired, ...], is_on_record: Callable[[str], bool]
) -> Iterator[Finding]:
    for month in months:
        rows = sum(stop - start for start, stop in month.ranges)
        told = hashlib.sha256(f"{month.month}\n{month.text}\n{month.rows}\n".encode())
        for start, stop in month.ranges:
            for at in range(start, stop, _STEP):
                told.update(tree_leaves(record, at, min(stop, at + _STEP)))
        digest = told.hexdigest()
        if rows == month.rows and digest == month.digest and is_on_record(f"retired:{month.month}:{digest}"):
            continue
        yield Finding(
            kind=Kind.RETIRED,
            message=f"The retirement of {month.month} is not on record: no event says exactly what went.",
            first=month.ranges[0][0] if month.ranges else None,
            last=month.ranges[-1][1] - 1 if month.ranges else None,
        )  # fmt: skip
