"""The sealer: seals what comes, signs it, mirrors it when it is time, keeps partitions a year ahead."""

import time
from contextlib import ExitStack
from typing import Self

from dashboard.events.regions import Regions, find_database
from dashboard.keeping.log import Log
from dashboard.keeping.mirror import mirror
from dashboard.ledger.seal import Outcome, seal_once
from dashboard.ledger.signing import sign_pending
from dashboard.record.read import RecordReader
from dashboard.record.sealing import LastSeal, SealingRecord

_LOOK_FOR_UNSIGNED_EVERY_S = 5.0


class Sealer:
    """One sealer of one log: its connections, its GeoIP database. Use as a context manager.

    It signs where the key is, or where a log has none yet. With `signs=False` it only seals when the key is elsewhere.
    """

    def __init__(self, log: Log, *, careful: bool = False, signs: bool = True) -> None:
        self._log = log
        self._folder = log.sealer_folder()
        self._signs = signs or self._folder.holds_key
        self._signed_at: float | None = None
        self._held = ExitStack()
        self._record: SealingRecord = self._held.enter_context(log.sealing())
        self._reader: RecordReader = log.reader()
        self._held.callback(self._reader.close)
        self._regions = self._held.enter_context(Regions.open(find_database(log.settings), careful=careful))
        self._events, self._evidence = log.events_table(), log.evidence_table()
        self._due_since: float | None = None

    def seal(self) -> Outcome:
        """Seals everything that waits, in bites, and signs the tree. `tree_size` is None when nothing waited or another
        was at it. Raises DamagedError when the tree does not continue what was signed before.
        """
        self._regions.refresh(find_database(self._log.settings))
        total, size = 0, None
        while True:
            done = seal_once(self._record, self._regions)
            total += done.events
            size = done.tree_size if done.tree_size is not None else size
            if total or not done.more:
                self._sign(now=bool(done.events))
            if not done.more:
                return Outcome(total, size, False)

    def _sign(self, *, now: bool) -> None:
        """Signs what is new at once; looks for what another left unsigned now and then."""
        moment = time.monotonic()
        if self._signs and (now or self._signed_at is None or moment - self._signed_at > _LOOK_FOR_UNSIGNED_EVERY_S):
            sign_pending(self._record, self._folder)
            self._signed_at = moment

    def moved(self) -> LastSeal | None:
        """The last seal, when the database was restored into another server since: then only `rebase` goes on."""
        return self._record.moved()

    def rebase(self) -> Outcome:
        """Seals every event that has no place, found by comparing all of them: the way on after a restore."""
        done = seal_once(self._record, self._regions, rebase=True)
        self._sign(now=True)
        return done

    def mirror_if_due(self, *, now: float | None = None) -> int:
        """Mirrors when enough events wait for it or the first has waited long enough; says how many were mirrored."""
        settings = self._log.settings
        moment = time.monotonic() if now is None else now
        self._events.refresh()
        behind = self._reader.tree_size() - self._events.watermark
        if behind <= 0:
            self._due_since = None
            return 0
        if self._due_since is None:
            self._due_since = moment
        if behind < settings.mirror_rows and moment - self._due_since < settings.mirror_seconds:
            return 0
        return self.mirror()

    def mirror(self) -> int:
        """Mirrors everything that is sealed; 0 when another process is at it."""
        with self._record.mirroring() as mine:
            if not mine:
                return 0
            self._due_since = None
            return mirror(self._reader, self._events, self._evidence)

    def add_months(self) -> int:
        """Keeps a year of partitions ahead."""
        return self._record.add_months()

    def close(self) -> None:
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def catch_up(log: Log, *, mirror_now: bool = False, patience_s: float = 30.0) -> None:
    """Seals and, when due, mirrors what was appended; where a server's sealer is at it, waits for that one instead.

    `mirror_now` does not wait until mirroring is due. Does nothing on a host that may not seal.
    """
    if not log.urls.sealer:
        return
    with Sealer(log, signs=log.embedded) as sealer:
        began = time.monotonic()
        reader = log.reader()
        try:
            while True:
                sealer.seal()
                _, oldest_s = reader.waiting()
                passed_s = time.monotonic() - began
                if oldest_s < passed_s or passed_s > patience_s:  # what waits now came later: others append too
                    break
                time.sleep(0.05)
        finally:
            reader.close()
        if mirror_now:
            sealer.mirror()
        else:
            sealer.mirror_if_due()
