"""Retires months from PostgreSQL: only when each of their rows was read back from the archive, gave the leaf that was
sealed, and that leaf stands in the signed tree. The archive is then their only copy.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from dashboard.errors import DamagedError, UsageError
from dashboard.keeping.archived import archived
from dashboard.keeping.log import Log
from dashboard.keeping.own_events import operator_name
from dashboard.keeping.sealer import catch_up
from dashboard.ledger.leaves import Digests
from dashboard.ledger.note import BadNote, Checkpoint
from dashboard.ledger.tlog import TILE_WIDTH, Tiles, check_inclusion
from dashboard.record.erasing import ErasingRecord
from dashboard.record.read import RecordReader
from dashboard.record.tree import TreeRecord

READ_BACK_ROWS = 50_000  # at once: about 100 MB

Range = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A month that the record holds. `refused` says why it can't be retired; None: nothing is known against it yet."""

    month: date
    rows: int
    refused: str | None

    @property
    def name(self) -> str:
        return month_name(self.month)


def parse_month(text: str) -> date:
    """The month of `2026-11`. Raises UsageError."""
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError as wrong:
        raise UsageError(f"{text[:32]!r} is not a month.", "Write it as 2026-11.") from wrong


def month_name(month: date) -> str:
    return f"{month:%Y-%m}"


def candidates(log: Log, before: date) -> tuple[Candidate, ...]:
    """The months before one, oldest first. Counts the record."""
    now = datetime.now(UTC)
    with closing(log.reader()) as reader:
        found = reader.months(_start(before))
    return tuple(
        Candidate(
            month=(month := parse_month(row.month)),
            rows=row.rows,
            refused=f"held: {row.held}"
            if row.held is not None
            else "the month is not over"
            if _start(_after(month)) > now
            else f"{row.in_default:,} of its events lie in the default partition, which stays"
            if row.in_default
            else None,
        )
        for row in found
    )


def retire(log: Log, months: Sequence[date]) -> Iterator[tuple[date, int]]:
    """Retires months, each in a transaction of its own with its event; gives each month with how many events it held.

    Seals and mirrors first what waits. About 30 µs an event. Raises DamagedError when a row does not come back as it
    was sealed, UsageError for a month that can't be retired; months before it stay retired.
    """
    catch_up(log, mirror_now=True)
    with ErasingRecord(log.urls.of("redactor")) as record, closing(log.reader()) as reader, record.mirroring():
        for month in months:
            digest = _read_back(log, reader, month)
            yield month, record.retire(month, digest, operator_name())
    catch_up(log)


def hold(log: Log, month: date, *, held: bool, reason: str) -> None:
    """Keeps a month from being retired, or lets it go; either is an event."""
    with ErasingRecord(log.urls.of("redactor")) as record:
        record.hold(month, held=held, reason=reason, by=operator_name())
    catch_up(log)


def retired_digest(month: str, ranges: Sequence[Range], rows: int, leaves: bytes) -> bytes:
    """What the event of a retirement names: which leaves, in the order of the log. As in 0012_create_retired.sql."""
    told = ",".join(f"[{start},{stop})" for start, stop in ranges)
    return hashlib.sha256(f"{month}\n{{{told}}}\n{rows}\n".encode() + leaves).digest()


def _read_back(log: Log, reader: RecordReader, month: date) -> bytes:
    """The digest of a month's leaves, each computed from the archive and found in the signed tree."""
    places = reader.places_of_month(_start(month), _start(_after(month)))
    if not places:
        raise UsageError(f"No event of {month_name(month)} is sealed.", "`auditlens seal` first.")
    checkpoint = _signed(log, reader, places[-1][0])
    erased = reader.erased_digests()
    for start in range(0, len(places), READ_BACK_ROWS):
        _check(log, places[start : start + READ_BACK_ROWS], erased, checkpoint)
    leaves = b"".join(leaf for _, leaf in places)
    return retired_digest(month_name(month), _ranges([seq for seq, _ in places]), len(places), leaves)


def _signed(log: Log, reader: RecordReader, last: int) -> Checkpoint:
    """The newest checkpoint, once its signature was checked and it covers a place."""
    note = reader.checkpoint()
    if note is None:
        raise UsageError("No event of this log is signed yet.", "`auditlens seal` first, on the host with the key.")
    try:
        checkpoint = log.sealer_folder().trusted().open_checkpoint(note)
    except BadNote as wrong:
        raise UsageError(
            f"No signature that is trusted here covers these events: {wrong}.",
            "Retire on the host that seals, or set AUDITLENS_TRUSTED_KEYS there.",
        ) from wrong
    if checkpoint.size <= last:
        raise UsageError("The newest signature does not cover these events yet.", "`auditlens seal` first.")
    return checkpoint


def _check(log: Log, places: Sequence[tuple[int, bytes]], erased: Digests, checkpoint: Checkpoint) -> None:
    events, evidence = log.events_table(), log.evidence_table()
    events.refresh()
    evidence.refresh()
    seqs = pl.Series([seq for seq, _ in places], dtype=pl.Int64)
    rows = archived(events, evidence, seqs)
    if not rows.seqs.equals(seqs):
        missing = sorted(set(seqs) - set(rows.seqs))
        where = f"seq {missing[0]:,}" if missing else "some place twice"
        raise DamagedError(f"The archive does not hold these events once each: {where}.", _NOTHING_DROPPED)
    differing = rows.differing(erased) or [
        seq for (seq, leaf), sealed in zip(places, rows.sealed, strict=True) if leaf != sealed
    ]
    if differing:
        raise DamagedError(f"The archive's event at seq {differing[0]:,} is not what was sealed.", _NOTHING_DROPPED)
    with TreeRecord.open(log.urls.of("reader"), "reader") as tree:
        _check_tree(Tiles(tree.tile, checkpoint.size), places, checkpoint)


def _check_tree(tiles: Tiles, places: Sequence[tuple[int, bytes]], checkpoint: Checkpoint) -> None:
    """Each leaf stands in its tile, and each tile leads to the signed root: a proof of one leaf needs all its tile."""
    proven = -1
    try:
        for seq, leaf in places:
            sound = tiles.leaf(seq) == leaf
            if sound and seq // TILE_WIDTH != proven:
                path = tiles.prove_inclusion(seq, checkpoint.size)
                sound = check_inclusion(seq, checkpoint.size, leaf, path, checkpoint.root)
                proven = seq // TILE_WIDTH
            if not sound:
                raise DamagedError(f"The event at seq {seq:,} is not in the signed tree.", _NOTHING_DROPPED)
    except ValueError as wrong:
        raise DamagedError(f"The tree is damaged: {wrong}.", _NOTHING_DROPPED) from wrong


def _ranges(seqs: Sequence[int]) -> list[Range]:
    found: list[Range] = []
    for seq in seqs:
        if found and seq == found[-1][1]:
            found[-1] = (found[-1][0], seq + 1)
        else:
            found.append((seq, seq + 1))
    return found


def _start(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=UTC)


def _after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


_NOTHING_DROPPED = "Nothing was dropped. Run `auditlens verify --full`."
