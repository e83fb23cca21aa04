"""Signatures under checkpoints, and what is known of the log outside its database."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboard.errors import DamagedError, UsageError
from dashboard.keeping.verify.tree import Source, Statement
from dashboard.ledger.keys import STATE, SealerFolder, Trusted
from dashboard.ledger.note import BadNote
from dashboard.ledger.report import Finding, Kind
from dashboard.record.verifying import VerifyRecord

_NO_KEY = "No verifier key is trusted on this host: no signature was checked."


@dataclass(slots=True)
class Signatures:
    """What one range of checkpoints gave."""

    checked: int
    findings: list[Finding]


def check_signatures(record: VerifyRecord, trusted: Trusted, origin: str, start: int, stop: int) -> Signatures:
    """Checks the checkpoints with these numbers: each is signed by a trusted key, and says what its row says. About
    120 µs a checkpoint.
    """
    done = Signatures(0, [])
    for mark, note in record.notes(start, stop):
        try:
            checkpoint = trusted.open_checkpoint(note)
            problem = "" if is_of(checkpoint.origin, origin) else "is of another log"
            if not problem and (checkpoint.size, checkpoint.root) != (mark.size, mark.root):
                problem = "says another thing than the row that it stands in"
        except BadNote as wrong:
            problem = f"is not signed as it should be: {wrong}"
        done.checked += 1
        if problem:
            message = f"Checkpoint {mark.number:,}, of {mark.size:,} events, {problem}."
            done.findings.append(Finding(kind=Kind.SIGNATURE, first=mark.size, last=mark.size, message=message))
    return done


def is_of(origin: str, log_origin: str) -> bool:
    """Whether an origin is the log's first or one it took after a restore."""
    return origin == log_origin or origin.startswith(f"{log_origin}/")


@dataclass(frozen=True, slots=True)
class Outside:
    """What is known outside the database: statements to compare with, and why there are not more."""

    statements: tuple[Statement, ...]
    copies: int
    findings: tuple[Finding, ...]
    left_out: tuple[str, ...]
    trusted: Trusted


def look_outside(folder: SealerFolder, notes: Sequence[str]) -> Outside:
    """Reads the trusted keys, what the sealer remembers, and copies of checkpoints. To be called before the state of
    the database is fixed: then all of it is older.
    """
    left_out: list[str] = []
    findings: list[Finding] = []
    statements: list[Statement] = []
    trusted = _trusted(folder, left_out, findings)
    statements += _memory(folder, left_out, findings)
    copies = 0
    for number, note in enumerate(notes, start=1):
        try:
            checkpoint = trusted.open_checkpoint(note)
        except BadNote as wrong:
            if trusted.keys:
                message = f"An outside copy of a checkpoint can't be used: {wrong}."
                findings.append(Finding(kind=Kind.UNVERIFIABLE, message=message))
            continue
        if not is_of(checkpoint.origin, folder.origin):
            findings.append(
                Finding(kind=Kind.UNVERIFIABLE, message="An outside copy of a checkpoint is of another log.")
            )
            continue
        copies += 1
        statements.append(Statement(checkpoint.size, Source.COPY, checkpoint.root, str(number), note))
    if not copies:
        left_out.append("There is no copy of a checkpoint outside: who holds the key could have rewritten everything.")
    return Outside(tuple(statements), copies, tuple(findings), tuple(left_out), trusted)


def _trusted(folder: SealerFolder, left_out: list[str], findings: list[Finding]) -> Trusted:
    try:
        trusted = folder.trusted()
    except UsageError as wrong:
        findings.append(Finding(kind=Kind.UNVERIFIABLE, message=wrong.message))
        trusted = Trusted(())
    if not trusted.keys:
        left_out.append(_NO_KEY)
    return trusted


def _memory(folder: SealerFolder, left_out: list[str], findings: list[Finding]) -> Iterator[Statement]:
    """What the sealer signed last, on the host that has it."""
    try:
        is_here = (folder.folder / STATE).exists()
        signs = folder.holds_key
    except OSError:
        is_here = signs = False
    if is_here:
        try:
            state = folder.state()
            yield Statement(state.size, Source.MEMORY, state.root, "memory")
        except DamagedError as wrong:
            findings.append(Finding(kind=Kind.UNVERIFIABLE, message=wrong.message))
    elif signs:
        message = "The sealer's key is here, but not what it signed last: somebody took that away."
        findings.append(Finding(kind=Kind.UNVERIFIABLE, message=message))
    else:
        left_out.append("What the sealer signed last does not lie on this host.")
