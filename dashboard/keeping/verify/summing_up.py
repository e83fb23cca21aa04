"""Puts together what the units of one pass gave, and says it in a report."""

import time
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import polars as pl

from dashboard.keeping.log import Log
from dashboard.keeping.verify.archived import ArchiveDone, ArchiveFiles, check_archive
from dashboard.keeping.verify.bounding import bounded
from dashboard.keeping.verify.counters import Counters, runs_in
from dashboard.keeping.verify.guards import check_guards
from dashboard.keeping.verify.leave_takings import IsArchived, Retired, check_leave_takings
from dashboard.keeping.verify.rows import Odd, RowsDone
from dashboard.keeping.verify.signatures import Outside, Signatures
from dashboard.keeping.verify.tree import Source, TreeCheck
from dashboard.keeping.verify.verdict import of_extent, of_rows, of_tree
from dashboard.ledger.report import Finding, Kind, Mode, Range, Report, joined, places_in
from dashboard.ledger.tlog import TILE_WIDTH
from dashboard.record.tree import Head
from dashboard.record.verifying import VerifyRecord

_MOST_LISTED = 1000
_UNSIGNED_FOR = timedelta(seconds=15)
_SEAL_CLOCK_SLACK_S = 300


@dataclass(slots=True)
class Parts:
    """What is known so far in one pass."""

    head: Head
    wanted: Range
    outside: Outside
    archive: ArchiveFiles | None
    months: tuple[Retired, ...]
    check: TreeCheck | None = None
    findings: list[Finding] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    rows: int = 0
    archived: int = 0
    erased: int = 0
    checkpoints: int = 0
    unreadable: int = 0
    odd: list[Odd] = field(default_factory=list)
    ranges: list[Range] = field(default_factory=list)  # looked at in the record
    missing: list[Range] = field(default_factory=list)  # of them retired
    in_archive: list[Range] = field(default_factory=list)  # genuine there
    of_archive: list[Finding] = field(default_factory=list)
    counters: Counters = field(default_factory=Counters)

    @property
    def is_whole(self) -> bool:
        """Whether every row was looked at."""
        return self.wanted == (0, self.head.tree_size)

    def take(self, done: RowsDone | ArchiveDone | Signatures) -> None:
        """Takes in one unit."""
        if isinstance(done, RowsDone):
            self.rows += done.rows
            self.erased += done.erased
            self.odd += done.odd
            self.findings += done.findings
            self.ranges.append((done.start, done.stop))
            self.missing += done.missing
            self.counters.add(done.runs)
        elif isinstance(done, ArchiveDone):
            self.archived += done.rows
            self.unreadable += done.unreadable
            self.in_archive += done.whole
            self.of_archive += done.wrong
            if self.months:
                self.counters.add(done.runs)
        else:
            self.checkpoints += done.checked
            self.findings += done.findings

    def covered(self) -> tuple[Range, ...]:
        """The places whose rows were hashed again: in the record, or in the archive where the record's are retired."""
        gone = joined(self.missing)
        return joined([*_without(joined(self.ranges), gone), *_both(gone, joined(self.in_archive))])


def _without(ranges: tuple[Range, ...], gone: tuple[Range, ...]) -> Iterator[Range]:
    """What is left of ranges; none is empty."""
    for start, stop in ranges:
        at = start
        for first, last in gone:
            if first < stop and last > at:
                if at < first:
                    yield at, first
                at = max(at, last)
        if at < stop:
            yield at, stop


def _both(one: tuple[Range, ...], other: tuple[Range, ...]) -> Iterator[Range]:
    for start, stop in one:
        for first, last in other:
            if max(start, first) < min(stop, last):
                yield max(start, first), min(stop, last)


@dataclass(slots=True)
class Tally:
    """What one report will say: the parts that were judged so far."""

    rows: int = 0
    archived: int = 0
    erased: int = 0
    retired: int = 0
    seals: int = 0
    checkpoints: int = 0
    covered: list[Range] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def add(self, record: VerifyRecord, parts: Parts) -> None:
        """Judges parts whose tree was climbed, and takes in what they say."""
        assert parts.check is not None
        self.rows += parts.rows
        self.archived += parts.archived
        self.erased += parts.erased
        self.retired += places_in(parts.missing)
        self.seals += parts.check.heard[Source.SEAL].count
        self.checkpoints += parts.checkpoints
        self.covered += parts.covered()
        self.left_out += parts.left_out
        self.findings += [
            *of_tree(parts.check, parts.head, parts.outside.trusted),
            *of_rows(parts.odd, parts.check),
            *_of_archive(record, parts, parts.check),
            *_unchecked(record, parts),
            *parts.findings,
        ]

    def report(
        self, log: Log, mode: Mode, head: Head, outside: Outside, unsealed: int, left_out: Iterable[str], seconds: float
    ) -> Report:
        """Says it."""
        return Report(
            log_id=log.log_id, mode=mode, at=datetime.now(UTC).isoformat(timespec="seconds"), as_of=head.tree_size,
            root=b64encode(head.root).decode(), rows=self.rows, archived=self.archived, covered=joined(self.covered),
            seals=self.seals, checkpoints=self.checkpoints, anchors=outside.copies, erased=self.erased,
            retired=self.retired, unsealed=unsealed, findings=tuple(bounded(_ordered(self.findings))),
            left_out=tuple(dict.fromkeys([*outside.left_out, *self.left_out, *left_out])), seconds=round(seconds, 3),
        )  # fmt: skip


def of_log(record: VerifyRecord, head: Head, outside: Outside, months: tuple[Retired, ...]) -> list[Finding]:
    """What is checked of the log as a whole, whatever rows are looked at: guards, seals, how far tables reach."""
    return [
        *outside.findings,
        *check_guards(record, frozenset(month.month for month in months)),
        *of_extent(record.seal_breaks(_SEAL_CLOCK_SLACK_S), record.extent(), outside.statements, head),
    ]


def sum_up(log: Log, record: VerifyRecord, parts: Parts, mode: Mode, began: float) -> Report:
    """The report of a pass whose units are all done."""
    tally, waiting = Tally(), record.waiting()
    tally.add(record, parts)
    tally.findings += [
        *of_log(record, parts.head, parts.outside, parts.months),
        *check_leave_takings(record, parts.months, in_archive(log)),
        *_unplaced(record, parts, waiting, tally.retired),
        *_counted(record, parts),
    ]
    left_out = _left_out(log, record, parts)
    return tally.report(log, mode, parts.head, parts.outside, waiting, left_out, time.monotonic() - began)


def _ordered(findings: list[Finding]) -> list[Finding]:
    """Each finding once, by kind and place."""
    kinds = list(Kind)
    unique = {finding.name: finding for finding in reversed(findings)}
    return sorted(unique.values(), key=lambda one: (kinds.index(one.kind), one.first is None, one.first or 0))


def _of_archive(record: VerifyRecord, parts: Parts, check: TreeCheck) -> list[Finding]:
    """The archive's findings; where a tile is what was altered, those against the leaves beside the places."""
    tiles = joined((tile * TILE_WIDTH, (tile + 1) * TILE_WIDTH) for tile in check.by_places)
    found = [
        one
        for one in parts.of_archive
        if not any(start <= (one.first or 0) and (one.last or 0) < stop for start, stop in tiles)
    ]
    end = min(parts.archive.reach if parts.archive else 0, parts.wanted[1])
    for start, stop in _both(tiles, ((parts.wanted[0], end),)):
        if parts.archive:
            leaves = b"".join(record.leaves(start, stop).values())
            found += check_archive(record, parts.archive, start, stop, leaves).wrong
    return bounded(found)


def in_archive(log: Log) -> IsArchived:
    """Asks the archive for events about the log itself whose month was retired."""

    def is_archived(seq: int, native_id: str) -> bool:
        table = log.events_table()
        table.refresh()
        own = (pl.col("seq") == seq) & (pl.col("source") == "auditlens") & (pl.col("native_id") == native_id)
        return not table.scan().filter(own).select("seq").collect().is_empty()

    return is_archived


def _unplaced(record: VerifyRecord, parts: Parts, waiting: int, retired: int) -> Iterator[Finding]:
    """Events without a place that should have one, and events that came in by no proper way. Counts decide; only when
    they disagree everything is compared.
    """
    _, moved = record.last_seal()
    if moved:
        missing = record.unplaced_after_restore()
        if missing:
            yield Finding(
                kind=Kind.UNSEALED,
                message="The database was restored into another server since the last seal; events in it have no "
                "place, and get none before `auditlens seal --rebase`.",
            )  # fmt: skip
        return
    events, keys, places = record.totals()
    expected = parts.rows if parts.is_whole else places - sum(month.rows for month in parts.months)
    elsewhere = {odd.event_id for odd in parts.odd if odd.filed_elsewhere}
    known: set[int] = set()
    if events != expected + waiting:
        found = [event_id for event_id in record.unplaced(-(2**63), 2**63 - 1) if event_id not in elsewhere]
        known = set(found)
        for event_id in found[:_MOST_LISTED]:
            yield inserted(event_id)
    if parts.is_whole and keys != events - len(known) + retired:
        yield from _keyless(record, known)


def inserted(event_id: int) -> Finding:
    """An event that slipped in behind the seals."""
    message = f"Event {event_id} has no place, though its transaction had ended when the last seal looked."
    return Finding(kind=Kind.INSERTED, event_id=event_id, message=message)


def _keyless(record: VerifyRecord, known: set[int]) -> Iterator[Finding]:
    """Events that did not come in through audit_append, and those that did and are gone."""
    for event_id, seq in [found for found in record.keyless() if found[0] not in known][:_MOST_LISTED]:
        yield Finding(
            kind=Kind.INSERTED, event_id=event_id, first=seq, last=seq,
            message=f"Event {event_id} did not come in through audit_append: its key was not kept.",
        )  # fmt: skip
    for event_id in record.orphan_keys()[:_MOST_LISTED]:
        yield Finding(
            kind=Kind.DELETED, event_id=event_id,
            message=f"Event {event_id} came in and is gone without a place: it was deleted before it was sealed.",
        )  # fmt: skip


def _counted(record: VerifyRecord, parts: Parts) -> list[Finding]:
    """Gaps in the counters of producers, where all events were looked at."""
    if not parts.is_whole:
        return []
    waiting = record.waiting_counters().with_columns(pl.lit(parts.head.tree_size).alias("seq"))
    parts.counters.add(runs_in(waiting))
    unread = [odd.seq for odd in parts.odd if odd.found is None]
    unread += [start for start, _ in _without(joined(parts.missing), joined(parts.in_archive))]
    return list(parts.counters.gaps(sorted(unread)))


def _unchecked(record: VerifyRecord, parts: Parts) -> Iterator[Finding]:
    if not parts.outside.trusted.keys and record.extent().last_checkpoint:
        yield Finding(
            kind=Kind.UNVERIFIABLE, message="No verifier key is trusted on this host: no signature can be checked."
        )
    elsewhere = [*parts.in_archive, *((one.first or 0, (one.last or 0) + 1) for one in parts.of_archive)]
    for start, stop in _without(joined(parts.missing), joined(elsewhere)):
        message = "These events were retired, and the archive that should hold them can't be read."
        yield Finding(kind=Kind.UNVERIFIABLE, message=message, first=start, last=stop - 1)


def _left_out(log: Log, record: VerifyRecord, parts: Parts) -> Iterator[str]:
    start, stop = parts.wanted
    if not parts.is_whole:
        rest = parts.head.tree_size - (stop - start)
        yield f"{rest:,} rows were not hashed again in this pass, and no counter of a source was followed."
    reach = parts.archive.reach if parts.archive else parts.head.tree_size
    if parts.head.tree_size - reach > 2 * log.settings.mirror_rows:
        yield f"The archive holds the first {reach:,} events only; the others were not compared with it."
    signed = record.extent().checkpoint_size
    if signed < parts.head.tree_size and parts.head.sealed_at < datetime.now(UTC) - _UNSIGNED_FOR:
        yield f"The last {parts.head.tree_size - signed:,} events are not signed yet."
    yield from parts.counters.left_out
