"""Signs the head of the tree, and only one that continues what was signed before.

The sealer remembers outside the database what it signed last. So whoever rewrites the database, its tiles and roots
included, finds nobody who signs the result; only who also holds the key and the memory can, and he is found by copies
of checkpoints that lie elsewhere.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime

from dashboard.errors import DamagedError, UsageError
from dashboard.ledger.keys import (
    STATE,
    SealerFolder,
    SignedState,
    Trusted,
    TrustedKey,
    new_private,
    parse_private,
)
from dashboard.ledger.note import BadNote, Checkpoint, Signer, Verifier, sign
from dashboard.ledger.tlog import EMPTY_ROOT, Tiles, check_consistency
from dashboard.record.sealing import SealingRecord
from dashboard.record.tree import Head, TreeRecord

_KEEP = "Keep a copy of the database and of the sealer's folder, then run `auditlens verify --full`."


def prepare(folder: SealerFolder, tree: TreeRecord) -> None:
    """Makes the key of a log that never had one. Raises DamagedError when key or memory were taken away since."""
    has_state = os.access(folder.folder / STATE, os.R_OK)
    if folder.holds_key and has_state:
        return
    signed = tree.newest_checkpoint()
    if signed is None and not folder.holds_key and (not has_state or folder.state().size == 0):
        folder.begin()
        return
    lacks = "its key" if has_state else "what it signed last" if folder.holds_key else "its key and what it signed last"
    raise DamagedError(
        f"The sealer lacks {lacks}: {folder.folder} does not hold it, and this log was signed before.",
        "Restore the folder from a backup; or, with the newest checkpoint that lies outside this machine: "
        "`auditlens seal --adopt FILE`.",
    )


def sign_pending(record: SealingRecord, folder: SealerFolder) -> str | None:
    """Signs the newest seal unless that was done, and gives the checkpoint; None when there is none to sign, or another
    sealer is at work.

    A signature costs about 2 ms and reads some tiles. The memory is written before the note is given to anyone. Raises
    DamagedError when the tree does not continue what was signed last.
    """
    with record.signing() as tree:
        if tree is None:
            return None
        prepare(folder, tree)
        head = tree.head()
        state, signed = folder.state(), tree.newest_checkpoint()
        if head is None:
            head = Head(0, 0, EMPTY_ROOT, signed.signed_at) if signed else None
        if head is None:
            if state.size:
                raise _rolled_back(state, 0)
            return None
        check_continues(state, head, tree)
        if signed is not None and (signed.tree_size, signed.root) == (head.tree_size, head.root) == (
            state.size,
            state.root,
        ):
            return signed.note
        return _sign(record, folder, head, state, [folder.signer()])


def _sign(record: SealingRecord, folder: SealerFolder, head: Head, state: SignedState, signers: list[Signer]) -> str:
    note = sign(Checkpoint(state.origin, head.tree_size, head.root).text, signers)
    if not record.is_mine():
        raise DamagedError(
            "The sealer lost its lock on the database while it was about to sign; it signed nothing.",
            "Start it again; let only one host hold the key.",
        )
    folder.save_state(SignedState(state.origin, head.tree_size, head.root))
    record.keep_checkpoint(head.tree_size, head.root, note)
    return note


def check_continues(state: SignedState, head: Head, tree: TreeRecord) -> None:
    """Raises DamagedError unless the tree of `head` only appended to the one that was signed last."""
    if head.tree_size < state.size:
        raise _rolled_back(state, head.tree_size)
    try:
        proof = Tiles(tree.tile, head.tree_size).prove_consistency(state.size, head.tree_size)
        continues = check_consistency(state.size, head.tree_size, proof, state.root, head.root)
    except ValueError as wrong:
        raise DamagedError(f"The stored tree is damaged: {wrong}. Nothing was signed.", _KEEP) from wrong
    if not continues:
        raise DamagedError(
            f"History was rewritten: the tree of {head.tree_size:,} leaves does not continue the one of "
            f"{state.size:,} that was signed last. Nothing was signed.",
            _KEEP,
        )


def _rolled_back(state: SignedState, size: int) -> DamagedError:
    return DamagedError(
        f"The log was rolled back: {state.size:,} events were signed, the database holds {size:,} sealed. "
        "Nothing was signed.",
        f"{_KEEP} If it was restored from a backup and the rest is lost for good: `auditlens seal --new-origin`.",
    )


@dataclass(frozen=True, slots=True)
class Rotated:
    """A change of the key: the old one signed trees of up to `size` leaves."""

    old: Verifier
    new: Verifier
    size: int


def rotate(record: SealingRecord, folder: SealerFolder) -> Rotated:
    """Changes the key: the newest checkpoint gets both signatures, then the old key is trusted for no larger tree and
    is destroyed. Raises UsageError while another sealer is at work.
    """
    with record.signing() as tree:
        if tree is None:
            raise UsageError("Another sealer is at work.", "Try again.")
        prepare(folder, tree)
        head, state = tree.head(), folder.state()
        if head is None:
            raise UsageError("Nothing is sealed yet.", "A key is changed on a log that it signed.")
        check_continues(state, head, tree)
        old = folder.signer()
        text, new = new_private(state.origin)
        known = folder.trusted().keys
        folder.save_trusted(Trusted((*known, TrustedKey(new))))  # in this order each crash leaves a log that can go on
        _sign(record, folder, head, state, [old, parse_private(text)])
        folder.save_key(text)
        before = (TrustedKey(key.verifier, head.tree_size) if key.verifier == old.verifier else key for key in known)
        folder.save_trusted(Trusted((*before, TrustedKey(new))))
        return Rotated(old.verifier, new, head.tree_size)


def adopt(record: SealingRecord, folder: SealerFolder, note: str) -> Checkpoint:
    """Takes a checkpoint from outside as what was signed last, when the sealer's own memory is lost; makes a new key
    when the key is lost too. Raises UsageError for a checkpoint that nobody trusted signed, DamagedError when the
    database does not continue it.
    """
    with record.signing() as tree:
        if tree is None:
            raise UsageError("Another sealer is at work.", "Stop it, then try again.")
        try:
            outside = folder.trusted().open_checkpoint(note)
        except BadNote as wrong:
            raise UsageError(
                f"This is no checkpoint of a trusted key: {wrong}.",
                f"Put the log's verifier key into {folder.folder / 'trusted.keys'}; it should be known from elsewhere.",
            ) from wrong
        if not outside.origin.startswith(folder.origin):
            raise UsageError(f"The checkpoint is of log {outside.origin}, this is {folder.origin}.")
        head = tree.head()
        state = SignedState(outside.origin, outside.size, outside.root)
        if head is None:
            raise _rolled_back(state, 0)
        check_continues(state, head, tree)
        if not folder.holds_key:
            _make_key(folder, state.origin, outside.size)
        folder.save_state(state)
        return outside


def begin_new_origin(record: SealingRecord, folder: SealerFolder) -> tuple[SignedState, Head]:
    """Goes on after a restore that lost sealed events for good: under a new origin and a new key, never by signing a
    smaller tree under the old name. Gives what was signed before and where the log stands now.

    Raises UsageError when nothing was lost, DamagedError when what is left is not a beginning of what was signed: that
    can only be told of an outside copy as large as the tree, so it is left to `verify`.
    """
    with record.signing() as tree:
        if tree is None:
            raise UsageError("Another sealer is at work.", "Stop it, then try again.")
        state, signed = folder.state(), tree.newest_checkpoint()
        head = tree.head() or Head(0, 0, EMPTY_ROOT, datetime.now(UTC))
        if head.tree_size >= state.size:
            raise UsageError("Nothing was lost: the database holds all that was signed.", "Run `auditlens seal`.")
        if signed is not None and signed.tree_size > head.tree_size:
            raise DamagedError("The database holds checkpoints of more events than it has sealed.", _KEEP)
        number = int(state.origin.removeprefix(folder.origin).removeprefix("/") or 1) + 1
        text, new = new_private(f"{folder.origin}/{number}")
        before = [
            key if key.until is not None else TrustedKey(key.verifier, state.size) for key in folder.trusted().keys
        ]
        folder.save_trusted(Trusted((*before, TrustedKey(new))))
        folder.save_key(text)
        folder.save_state(SignedState(new.name))
        return state, head


def _make_key(folder: SealerFolder, origin: str, until: int) -> None:
    """A new key in place of one that is lost; the lost one is trusted for nothing that comes."""
    text, new = new_private(origin)
    before = [key if key.until is not None else TrustedKey(key.verifier, until) for key in folder.trusted().keys]
    folder.save_trusted(Trusted((*before, TrustedKey(new))))
    folder.save_key(text)
