"""Verification that goes on beside the sealer: what is new at once, everything else again and again, slowly."""

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from dashboard.keeping.anchoring import outside_copies
from dashboard.keeping.log import Log
from dashboard.keeping.verify.archived import check_archive
from dashboard.keeping.verify.counters import Counters
from dashboard.keeping.verify.keeping_reports import keep
from dashboard.keeping.verify.leave_takings import check_leave_takings, retired_months
from dashboard.keeping.verify.passes import compare_archive_again, login, open_archive
from dashboard.keeping.verify.rows import check_rows
from dashboard.keeping.verify.signatures import Outside, check_signatures, look_outside
from dashboard.keeping.verify.summing_up import Parts, Tally, in_archive, inserted, of_log
from dashboard.keeping.verify.tree import Source, Statement, TreeCheck
from dashboard.ledger.climb import Climb
from dashboard.ledger.report import Finding, Kind, Mode, Report, joined
from dashboard.ledger.tlog import EMPTY_ROOT, HASH_BYTES, TILE_HEIGHT, TILE_WIDTH
from dashboard.record.tree import Head
from dashboard.record.verifying import VerifyRecord

MOST_ROWS = 32_768  # of a round: about 0.7 s
_MOST_CHECKPOINTS = 500
_SEALS_EVERY_S, _BACKGROUND_EVERY_S = 10.0, 60.0  # at most so often a report is kept, unless it found something
_PASS_EVERY_S = 3600.0
_COPIES = 20  # of each sink


@dataclass(slots=True)
class Walk:
    """One walk along the log: how far it is, and what it will say next."""

    mode: Mode
    every_s: float
    climb: Climb = field(default_factory=Climb)
    at: int = 0
    root: bytes = b""  # of the tree of that size, as it was climbed
    checkpoint: int = 0  # the next number
    event_id: int = -(2**63)  # ids up to here were looked for among places
    ends: bool = False
    has_news: bool = False  # what no report said yet
    worked_s: float = 0.0
    tally: Tally = field(default_factory=Tally)
    counters: Counters = field(default_factory=Counters)
    said_at: float = float("-inf")
    moved_at: float = 0.0


class Watch:
    """Looks at one log, round by round; not from two threads at once.

    New seals come first: their rows, the tree on from where it was, their signatures. Then the next piece of a pass
    over everything, as fast as AUDITLENS_VERIFY_ROWS_PER_SECOND says, once an hour at most.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._new = Walk(Mode.SEALS, _SEALS_EVERY_S)
        self._all = Walk(Mode.BACKGROUND, _BACKGROUND_EVERY_S)
        self._is_placed = False
        self._began: float | None = None  # the pass
        self._copies = Outside((), 0, (), (), look_outside(log.sealer_folder(), ()).trusted)
        self._said: set[str] = set()

    def round(self, *, now: float | None = None) -> Report | None:
        """Looks once, some tenths of a second, and longer only when a pass begins and copies outside are fetched. Gives
        the report when one was kept. Raises UnreachableError.
        """
        moment = time.monotonic() if now is None else now
        starts = self._began is None or (self._all.ends and moment - self._began >= _PASS_EVERY_S)
        if starts:
            self._begin(moment)
        outside = self._outside()  # before the state is fixed: it is older
        url, part = login(self._log)
        with VerifyRecord.open(url, part) as record:
            head = record.head() or Head(0, 0, EMPTY_ROOT, datetime.now(UTC))
            if not head.tree_size and not self._new.at:
                return None
            self._step(record, head, outside, moment)
            walk = next((walk for walk in (self._new, self._all) if self._is_due(walk, moment)), None)
            report = self._said_by(walk, record, head, outside, moment) if walk else None
        if report is not None:
            keep(self._log, report)
        return report

    def _begin(self, moment: float) -> None:
        """A new pass over everything, with what lies outside now."""
        self._began = moment
        self._all = Walk(Mode.BACKGROUND, _BACKGROUND_EVERY_S, said_at=moment, moved_at=moment - 1.0)
        failures: list[str] = []
        copies = outside_copies(
            self._log,
            newest=_COPIES,
            on_failure=lambda sink, why: failures.append(f"The copies in {sink} can't be read: {why}"),
        )
        found = look_outside(self._log.sealer_folder(), [copy.note for copy in copies])
        of_copies = tuple(one for one in found.statements if one.source is Source.COPY)
        self._copies = replace(found, statements=of_copies, left_out=(*found.left_out, *failures))

    def _outside(self) -> Outside:
        """What the sealer remembers now, with the copies that were fetched when the pass began."""
        fresh, copies = look_outside(self._log.sealer_folder(), ()), self._copies
        memory = tuple(one for one in fresh.statements if one.source is Source.MEMORY)
        findings = tuple(dict.fromkeys([*fresh.findings, *copies.findings]))
        return replace(copies, statements=(*memory, *copies.statements), findings=findings, trusted=fresh.trusted)

    def _step(self, record: VerifyRecord, head: Head, outside: Outside, moment: float) -> None:
        if not self._is_placed:
            self._place(record, head)
        if head.tree_size < self._new.at:
            self._fell_back(record, head)
        elif head.tree_size > self._new.at:
            stop = _bite(self._new.at, head.tree_size, MOST_ROWS)
            self._walk(record, head, outside, self._new, stop, archive=False)
        if (
            head.tree_size == self._new.at and not self._all.ends
        ):  # a log that is sealed all the time is passed over too
            self._background(record, head, outside, moment)

    def _place(self, record: VerifyRecord, head: Head) -> None:
        """Begins with the newest rows; a pass over everything comes to the others."""
        start = max(0, head.tree_size - MOST_ROWS)
        start -= start % TILE_WIDTH
        self._new.climb, self._new.at, self._new.root = climb_at(record, start), start, b""
        self._new.checkpoint = max(record.extent().last_checkpoint - _MOST_CHECKPOINTS + 1, 0)
        self._is_placed = True

    def _fell_back(self, record: VerifyRecord, head: Head) -> None:
        message = f"These events are gone: {self._new.at:,} were verified before, the database holds fewer."
        first, last = head.tree_size, self._new.at - 1
        lost = Finding(kind=Kind.ROLLED_BACK, first=first, last=last, message=message)
        self._place(record, head)
        self._new.tally.findings.append(lost)
        self._new.has_news = True
        self._began = None  # the next round begins a new pass

    def _background(self, record: VerifyRecord, head: Head, outside: Outside, moment: float) -> None:
        walk = self._all
        rows = int((moment - walk.moved_at) * self._log.settings.verify_rows_per_second)
        stop = _bite(walk.at, head.tree_size, min(rows, MOST_ROWS))
        if stop <= walk.at < head.tree_size:
            return
        walk.moved_at = moment
        self._walk(record, head, outside, walk, stop, archive=True)
        is_through = self._look_for_unplaced(record, walk)
        if stop == head.tree_size and walk.checkpoint > record.extent().last_checkpoint and is_through:
            walk.ends = True
            walk.tally.findings += walk.counters.gaps()
            walk.tally.left_out += walk.counters.left_out
            walk.tally.findings += check_leave_takings(record, retired_months(record), in_archive(self._log))

    def _walk(
        self, record: VerifyRecord, head: Head, outside: Outside, walk: Walk, stop: int, *, archive: bool
    ) -> None:
        """Rows, tree and signatures from where the walk is to `stop`."""
        began = time.monotonic()
        months = retired_months(record)
        files, notes, wrong = open_archive(self._log) if archive else (None, [], [])
        parts = Parts(head, (walk.at, stop), outside, files, months, counters=walk.counters)
        parts.left_out, parts.findings = list(notes), list(wrong)
        if walk.at < stop:
            parts.take(check_rows(record, walk.at, stop, joined(found for month in months for found in month.ranges)))
            if files is not None and walk.at < min(stop, files.reach):
                parts.take(check_archive(record, files, walk.at, min(stop, files.reach)))
        folder = self._log.sealer_folder()
        last = min(record.extent().last_checkpoint, walk.checkpoint + _MOST_CHECKPOINTS - 1)
        if outside.trusted.keys:
            parts.take(check_signatures(record, outside.trusted, folder.origin, walk.checkpoint, last + 1))
        mine = [Statement(walk.at, Source.MEMORY, walk.root, "watch")] if walk.root else []
        climb = Climb.of(walk.climb.tiles, walk.climb.edges)
        check = TreeCheck(record, head, [*outside.statements, *mine], climb, walk.at)
        parts.check = check.advance(stop)
        if archive:
            compare_archive_again(self._log, parts)
        walk.tally.add(record, parts)
        walk.climb, walk.at, walk.root = check.climb, stop, check.root
        walk.checkpoint = max(walk.checkpoint, last + 1)
        walk.has_news = True
        walk.worked_s += time.monotonic() - began

    def _look_for_unplaced(self, record: VerifyRecord, walk: Walk) -> bool:
        """Looks at the next ids of events; says whether there are no more."""
        last = record.id_after(walk.event_id, 2 * MOST_ROWS)
        if last is None or record.last_seal()[1]:  # after a restore transaction ids tell nothing
            return True
        walk.tally.findings += map(inserted, record.unplaced(walk.event_id + 1, last))
        walk.event_id = last
        return record.id_after(last, 1) is None

    def _is_due(self, walk: Walk, moment: float) -> bool:
        """Whether it is time for a report, or something was found that was not said yet."""
        if not walk.has_news:
            return False
        is_new = any(finding.name not in self._said for finding in walk.tally.findings)
        return is_new or walk.ends or moment - walk.said_at >= walk.every_s

    def _said_by(self, walk: Walk, record: VerifyRecord, head: Head, outside: Outside, moment: float) -> Report:
        walk.tally.findings += of_log(record, head, outside, retired_months(record))
        report = walk.tally.report(self._log, walk.mode, head, outside, record.waiting(), (), walk.worked_s)
        self._said |= {finding.name for finding in report.findings}
        walk.tally, walk.said_at, walk.has_news, walk.worked_s = Tally(), moment, False, 0.0
        return report


def _bite(at: int, size: int, most: int) -> int:
    """How far to go: to the end, or to the end of a tile before it."""
    return size if size - at <= most else at + most - (at + most) % TILE_WIDTH


def climb_at(record: VerifyRecord, size: int) -> Climb:
    """A climb that stands at a size, a multiple of 256, as the stored tree has it."""
    tiles, edges, stored = size // TILE_WIDTH, [], record.edges()
    level, count = 1, size // TILE_WIDTH
    while count:
        number, width = divmod(count, TILE_WIDTH)
        hashes = record.tiles(level, number, number + 1).get(number, stored.get(level, b""))
        edges.append(hashes[: width * HASH_BYTES].ljust(width * HASH_BYTES, b"\0"))
        level, count = level + 1, count >> TILE_HEIGHT
    return Climb.of(tiles, edges)
