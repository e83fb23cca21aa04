"""Carries each checkpoint off this machine: to which sink when, what came of it, and what they give back.

Whoever holds the database and the key can rewrite the log and sign it anew; only a copy that he can't reach shows it.
"""

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from dashboard.errors import AuditlensError, DamagedError, UnreachableError
from dashboard.keeping.log import Log
from dashboard.ledger.cosignature import with_cosignatures
from dashboard.ledger.note import BadNote, Checkpoint
from dashboard.ledger.sinks import ContradictionError, Receipt, Sending, Sink, configured
from dashboard.ledger.sinks.layout import read_checkpoint, tiles_done
from dashboard.ledger.sinks.sending import said
from dashboard.record.anchors import AnchorRecord, Received, Tries
from dashboard.record.sealing import SealingRecord
from dashboard.record.tree import Signed

_logger = logging.getLogger("auditlens.anchors")
_QUIET_S = 3600.0  # an unchanged head is sent again after so long: that nothing happened has its date too
_FIRST_RETRY_S = 60.0
_LONGEST_RETRY_S = 600.0
_LATE_INTERVALS = 3
_LOOK_S = 0.2
_LONGEST_S = 30.0  # for one sink, whatever its machine does
CONTRADICTS = "It contradicts this log. "
"""What the kept error of a sink begins with whose copy can't be of this log: one of the two was rewritten."""

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one try."""

    sink: Sink
    receipt: Receipt | None
    error: str | None

    @property
    def contradicts(self) -> bool:
        return (self.error or "").startswith(CONTRADICTS)


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with one sink that is configured."""

    name: str
    kind: str
    place: str
    received: Received | None  # the newest receipt
    error: str | None  # of the newest try, if that failed
    failures: int  # since the newest receipt
    late: bool

    @property
    def contradicts(self) -> bool:
        """Whether the sink holds something that can't be of this log."""
        return (self.error or "").startswith(CONTRADICTS)


@dataclass(frozen=True, slots=True)
class Copy:
    """A note that a sink gave back, unchecked."""

    sink: str
    note: str


class Anchorer:
    """Sends the newest checkpoint to the configured sinks. Use as a context manager, or close it."""

    def __init__(
        self, log: Log, *, clock: Clock = lambda: datetime.now(UTC), stop: threading.Event | None = None
    ) -> None:
        """`stop` ends a round early. Raises UsageError for a sink that can't be used."""
        self._log = log
        self._folder = log.sealer_folder()
        self._clock = clock
        self._stop = stop or threading.Event()
        self._record: SealingRecord | None = None
        self._known: dict[str, Tries] = {}  # by sink: what the record says, and what we did since
        self._busy: dict[str, threading.Thread] = {}
        self.sinks = configured(log.settings)

    def round(self) -> int:
        """Sends to each sink that is due, one after another; says how many gave a receipt.

        A sink that fails is tried again later, less and less often. 0 where this host does not hold the key, or another
        process is at it. Raises UnreachableError when the database does not answer, DamagedError when the newest
        checkpoint in it was not signed here.
        """
        return sum(sent.receipt is not None for sent in self.send(self._due) or ())

    def send(self, chosen: Callable[[Sink, str], bool] = lambda sink, note: True) -> tuple[Sent, ...] | None:
        """Sends to the chosen sinks, by default to all, and keeps what came of it. None while another process is at it.

        Raises as `round`.
        """
        if not self.sinks or not self._folder.holds_key:
            return ()
        try:
            if self._record is None:
                self._record = self._log.sealing()
            with self._record.anchoring() as tree:
                return None if tree is None else self._send_all(self._record, tree, chosen)
        except UnreachableError:
            self.close()
            raise

    def _send_all(
        self, record: SealingRecord, tree: AnchorRecord, chosen: Callable[[Sink, str], bool]
    ) -> tuple[Sent, ...]:
        signed = tree.newest_checkpoint()
        if signed is None:
            return ()
        self._load(tree)
        due = [sink for sink in self.sinks if chosen(sink, signed.note)]
        if not due:
            return ()
        checkpoint = self._checked(signed)
        return tuple(self._send(record, tree, sink, signed.note, checkpoint) for sink in due if not self._stop.is_set())

    def _load(self, tree: AnchorRecord) -> None:
        for sink in self.sinks:
            if sink.name not in self._known:
                self._known[sink.name] = tree.tries(sink.name)

    def _due(self, sink: Sink, note: str) -> bool:
        tries = self._known[sink.name]
        if tries.tried_at is None:
            return True
        passed_s = (self._clock() - tries.tried_at).total_seconds()
        pace_s = pace(sink, self._log)
        if passed_s < 0:  # the clock was set back
            return True
        if tries.failures:
            return passed_s >= min(_LONGEST_RETRY_S, min(pace_s, _FIRST_RETRY_S) * (1 << min(tries.failures - 1, 10)))
        if tries.received is None or not _is_of(tries.received.receipt, note):
            return passed_s >= pace_s
        if _lacks_tiles(tries.received):
            return True
        return passed_s >= max(_QUIET_S, pace_s)

    def _checked(self, signed: Signed) -> Checkpoint:
        try:
            checkpoint = self._folder.trusted().open_checkpoint(signed.note)
        except BadNote as wrong:
            raise _not_ours(str(wrong)) from wrong
        if (checkpoint.size, checkpoint.root) != (signed.tree_size, signed.root):
            raise _not_ours("it is of another tree than its row says")
        return checkpoint

    def _send(self, record: SealingRecord, tree: AnchorRecord, sink: Sink, note: str, checkpoint: Checkpoint) -> Sent:
        tries = self._known[sink.name]
        last = tries.received
        same_tree = last is not None and last.receipt.get("origin") == checkpoint.origin
        sending = Sending(
            note=note,
            checkpoint=checkpoint,
            read=tree.tile,
            last=last.receipt if last is not None and same_tree else {},
            last_size=last.tree_size if last is not None and same_tree else 0,
        )
        sent = self._published(sink, sending)
        receipt = sent.receipt and {"note_sha256": _digest(note), "origin": checkpoint.origin, **sent.receipt}
        text = json.dumps(receipt, ensure_ascii=False) if receipt else None
        record.keep_anchor(sink.name, checkpoint.size, checkpoint.root, receipt=text, error=sent.error)
        now = self._clock()
        if receipt:
            self._known[sink.name] = Tries(Received(checkpoint.size, checkpoint.root, now, receipt), now)
        else:
            self._known[sink.name] = replace(tries, tried_at=now, error=sent.error, failures=tries.failures + 1)
            _logger.warning("A checkpoint was not received. %s", sent.error)
        return sent

    def _published(self, sink: Sink, sending: Sending) -> Sent:
        """One try, in a thread of its own: one that never ends holds up nobody."""
        done: list[Sent] = []

        def publish() -> None:
            try:
                done.append(Sent(sink, sink.publish(sending), None))
            except ContradictionError as wrong:
                done.append(Sent(sink, None, said(CONTRADICTS + wrong.message)))
            except AuditlensError as wrong:
                done.append(Sent(sink, None, said(f"{wrong.message} {wrong.hint}")))

        before = self._busy.get(sink.name)
        if before is not None and before.is_alive():
            return Sent(sink, None, f"{sink.name}: the try before has not ended yet.")
        thread = threading.Thread(target=publish, daemon=True, name=f"anchor {sink.kind}")
        self._busy[sink.name] = thread
        thread.start()
        until = time.monotonic() + _LONGEST_S
        while thread.is_alive() and time.monotonic() < until and not self._stop.is_set():
            thread.join(_LOOK_S)
        if done:
            return done[0]
        if not thread.is_alive():
            why = "it broke; standard error says how"
        elif self._stop.is_set():
            why = "the sealer was stopped before it ended"
        else:
            why = f"it did not end within {_LONGEST_S:.0f} s"
        return Sent(sink, None, f"{sink.name}: {why}.")

    def close(self) -> None:
        if self._record is not None:
            self._record.close()
            self._record = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def pace(sink: Sink, log: Log) -> float:
    """At most so often, in seconds, a sink gets a checkpoint."""
    return sink.every_s or log.settings.anchor_seconds


def standing(log: Log, *, now: datetime | None = None) -> tuple[Standing, ...]:
    """How it stands with each configured sink; empty when there is none. Needs a reader's login only.

    Late is a sink that never gave a receipt, or none for a head that is older than three of its intervals, or none for
    three hours on a quiet log. Raises UsageError for a sink that can't be used, UnreachableError.
    """
    sinks = configured(log.settings)
    if not sinks:
        return ()
    moment = now or datetime.now(UTC)
    with AnchorRecord.open(log.urls.of("reader"), "reader") as record:
        return tuple(_standing(record, sink, pace(sink, log), moment) for sink in sinks)


def _standing(record: AnchorRecord, sink: Sink, pace_s: float, now: datetime) -> Standing:
    tries = record.tries(sink.name)
    received = tries.received
    owed = record.signed_before(now - timedelta(seconds=_LATE_INTERVALS * pace_s))
    if received is None:
        late = record.newest_checkpoint() is not None
    else:
        silent_s = (now - received.at).total_seconds()
        late = (owed or 0) > received.tree_size or silent_s > _LATE_INTERVALS * max(_QUIET_S, pace_s)
    return Standing(sink.name, sink.kind, sink.place, received, tries.error, tries.failures, late)


def outside_copies(
    log: Log, *, newest: int | None = None, on_failure: Callable[[str, str], None] | None = None
) -> tuple[Copy, ...]:
    """Every checkpoint that the configured sinks can give back, of each the newest first; with `newest` at most so many
    of each.

    What a stranger wrote: check each with the trusted keys. `on_failure` is told of a sink that can't be read and why;
    without it a warning is logged.
    """
    found: list[Copy] = []
    for sink in configured(log.settings):
        try:
            for note in sink.copies():
                if newest is not None and sum(copy.sink == sink.name for copy in found) >= newest:
                    break
                found.append(Copy(sink.name, note))
        except AuditlensError as wrong:
            if on_failure is not None:
                on_failure(sink.name, str(wrong))
            else:
                _logger.warning("Copies outside can't be read. %s", wrong)
    return tuple(found)


def cosigned(log: Log, note: str) -> str:
    """The note with what the configured witnesses signed under it. Raises UsageError, UnreachableError."""
    checkpoint = read_checkpoint(note)
    witnesses = [sink for sink in configured(log.settings) if sink.kind == "witness"]
    if checkpoint is None or not witnesses:
        return note
    with AnchorRecord.open(log.urls.of("reader"), "reader") as record:
        receipts = [record.receipt(sink.name, checkpoint.size, checkpoint.root) for sink in witnesses]
    return with_cosignatures(note, [receipt for receipt in receipts if receipt])


def anchor_now(log: Log, *, patience_s: float = 60.0) -> tuple[Sent, ...]:
    """Sends the newest checkpoint to every sink at once, due or not; waits while another process is at it."""
    with Anchorer(log) as anchorer:
        until = time.monotonic() + patience_s
        while True:
            sent = anchorer.send()
            if sent is not None:
                return sent
            if time.monotonic() > until:
                raise UnreachableError("Another process is sending checkpoints.", "Try again in a moment.")
            time.sleep(0.2)


def _lacks_tiles(received: Received) -> bool:
    return "tiles" in received.receipt and tiles_done(received.receipt) < received.tree_size


def _digest(note: str) -> str:
    return hashlib.sha256(note.encode()).hexdigest()


def _is_of(receipt: Mapping[str, object], note: str) -> bool:
    return receipt.get("note_sha256") == _digest(note)


def _not_ours(why: str) -> DamagedError:
    return DamagedError(
        f"The newest checkpoint in the database was not signed here: {why}. Nothing was sent.",
        "Keep a copy of the database and of the sealer's folder, then run `auditlens verify --full`.",
    )
