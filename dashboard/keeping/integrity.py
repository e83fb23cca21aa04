"""Reads what `judging` judges: from the database, the sealer's folder, and the kept reports.

with closing(log.reader()) as reader:
    integrity_of(log, reader).word
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dashboard.errors import DamagedError, UsageError
from dashboard.keeping import anchoring
from dashboard.keeping.judging import Facts, Head, Integrity, Level, Reason, Sink, State, contradictions, judge
from dashboard.keeping.log import Log
from dashboard.keeping.reports import Found, Reports
from dashboard.ledger.keys import TRUSTED, SealerFolder, Trusted
from dashboard.ledger.note import BadNote, open_note
from dashboard.record.kept import KeptRecord
from dashboard.record.read import RecordReader
from dashboard.record.tree import Head as Seal
from dashboard.record.tree import Signed

__all__ = [
    "Facts", "Found", "Head", "Integrity", "IntegrityReader", "Level", "Reason", "Sink", "State", "integrity_of",
    "judge",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Memory:
    """What the sealer's folder says."""

    signed: int | None
    problem: str | None


class IntegrityReader:
    """Looks again and again: each report of verification is opened once. Not safe to share between threads."""

    def __init__(self, log: Log, reader: RecordReader) -> None:
        self._log, self._reader = log, reader
        self._reports = Reports(log.log_id)

    def read(self) -> Integrity:
        """How the log stands now; a few milliseconds after the first time. Raises UnreachableError."""
        return judge(self.facts())

    def facts(self) -> Facts:
        """The facts of one moment and one state of the database."""
        folder = self._log.sealer_folder()
        trusted = _trusted(folder)
        memory = _memory(folder)  # before the database is looked at: a seal is stored before it is signed
        sinks, sink_problem = _sinks(self._log)
        with KeptRecord.of(self._reader) as record:
            now = datetime.now(UTC)
            seal, signed = record.head(), record.newest_checkpoint()
            as_of = seal.tree_size if seal else 0
            said = self._reports.read(record, trusted, now, as_of)
            waiting, oldest_s = record.waiting()
            erasures, erased_groups = record.erasures()
            facts = Facts(
                now=now, as_of=as_of, sealed_at=seal.sealed_at if seal else None, waiting=waiting, oldest_s=oldest_s,
                trusts=bool(trusted.keys), trusted_in=str(self._log.settings.trusted_keys or folder.folder / TRUSTED),
                head=_head(signed, seal, trusted, folder.origin),
                signed_before=memory.signed, memory_problem=memory.problem, largest_verified=said.largest,
                covered=said.covered, ever_verified=said.newest is not None,
                left_out=said.newest.left_out if said.newest else (), found=said.found,
                sinks=sinks, sink_problem=sink_problem,
                erasures=erasures, erased_groups=erased_groups, retired=record.retired(),
            )  # fmt: skip
            return _completed(facts, record)


def integrity_of(log: Log, reader: RecordReader) -> Integrity:
    """How the log stands, for one look."""
    return IntegrityReader(log, reader).read()


def _completed(facts: Facts, record: KeptRecord) -> Facts:
    """The facts with what can only be asked once the others are known."""
    names = [*(one.finding.name for one in facts.found), *(finding.name for finding in contradictions(facts))]
    acknowledged = {event.finding: event for event in record.acknowledgements(names)} if names else {}
    first = facts.first_uncovered()
    since = None if first is None else record.sealed_at(first)
    return replace(facts, acknowledged=acknowledged, uncovered_since=since)


def _sinks(log: Log) -> tuple[tuple[Sink, ...], str | None]:
    """How each configured sink stands, or why that can't be said."""
    try:
        standings = anchoring.standing(log)
    except UsageError as wrong:
        return (), str(wrong)
    return tuple(_sink(standing) for standing in standings), None


def _sink(standing: anchoring.Standing) -> Sink:
    received = standing.received
    return Sink(
        name=standing.name, kind=standing.kind, place=standing.place,
        size=received.tree_size if received else None, at=received.at if received else None,
        error=standing.error, late=standing.late, contradicts=standing.contradicts,
    )  # fmt: skip


def _trusted(folder: SealerFolder) -> Trusted:
    """The keys trusted here; none when their file can't be read, which is said as if there were none."""
    try:
        return folder.trusted()
    except UsageError:
        return Trusted(())


def _memory(folder: SealerFolder) -> _Memory:
    """What was signed last, on the host that signs; its folder is no business of others."""
    if not folder.holds_key:
        return _Memory(None, None)
    try:
        return _Memory(folder.state().size, None)
    except DamagedError as wrong:
        return _Memory(None, wrong.message)


def _head(signed: Signed | None, seal: Seal | None, trusted: Trusted, origin: str) -> Head | None:
    if signed is None:
        return None
    same = seal is not None and seal.tree_size == signed.tree_size
    head = Head(
        size=signed.tree_size,
        signed_at=signed.signed_at,
        note=signed.note,
        root_agrees=not same or (seal is not None and seal.root == signed.root),
    )
    try:
        checkpoint = trusted.open_checkpoint(signed.note)
        _, signers = open_note(signed.note, [key.verifier for key in trusted.keys])
    except BadNote as wrong:
        return replace(head, problem=str(wrong))
    if (checkpoint.size, checkpoint.root) != (signed.tree_size, signed.root):
        return replace(head, problem="what was signed is not what the database says of it")
    if checkpoint.origin != origin and not checkpoint.origin.startswith(f"{origin}/"):
        return replace(head, problem=f"it is of log {checkpoint.origin[:80]!r}")
    return replace(head, vkeys=tuple(signer.vkey for signer in signers))
