"""Which signed head evidence leads to, and the older ones that it continues."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dashboard.errors import DamagedError, UnreachableError, UsageError
from dashboard.keeping.log import Log
from dashboard.ledger.cosignature import with_cosignatures
from dashboard.ledger.keys import Trusted
from dashboard.ledger.note import BadNote, Checkpoint, parts_of
from dashboard.ledger.proof import consistency_text
from dashboard.ledger.tlog import Tiles, check_consistency
from dashboard.record.proving import Anchored, ProvingRecord

_MOST_HEADS = 20
_MOST_RECEIPTS = 200


class NotSignedYet(UnreachableError):
    """What is asked for is recorded, but no signed head covers it yet."""


@dataclass(frozen=True, slots=True)
class SignedHead:
    """The head that evidence leads to: its note, with the cosignatures of witnesses that are on record."""

    checkpoint: Checkpoint
    note: str


def newest_head(record: ProvingRecord, trusted: Trusted) -> SignedHead:
    """The newest signed head. Raises NotSignedYet before the first, DamagedError when it is not good."""
    signed = record.newest_checkpoint()
    if signed is None:
        raise NotSignedYet("No head of this log is signed yet.", "Run `auditlens seal` on the host that holds the key.")
    try:
        checkpoint = trusted.open_checkpoint(signed.note) if trusted.keys else read_note(signed.note)
    except BadNote as wrong:
        raise DamagedError(f"The newest signed head is not good: {wrong}.", "Run `auditlens verify --full`.") from wrong
    if (checkpoint.size, checkpoint.root) != (signed.tree_size, signed.root):
        raise DamagedError(
            "The newest signed head is kept under another size or root.", "Run `auditlens verify --full`."
        )
    here = (each for each in record.anchored(checkpoint.size, _MOST_RECEIPTS) if each.tree_size == checkpoint.size)
    return SignedHead(checkpoint, with_cosignatures(signed.note, filter(None, map(_receipt, here))))


def read_note(note: str) -> Checkpoint:
    """What a checkpoint says, whoever signed it. Raises BadNote."""
    return Checkpoint.parse(parts_of(note)[0])


def older_files(
    record: ProvingRecord, head: SignedHead, tiles: Tiles, older: Iterable[str] = ()
) -> Iterator[tuple[str, bytes]]:
    """The files of `anchors/`: older heads of which a copy lies outside, and those that are given, each with a
    consistency proof to the head; and the receipts.

    Raises DamagedError when the head does not continue one of them, UsageError for one that is no head of this log.
    """
    heads = {checkpoint.size: note for checkpoint, note in map(_given, older)}
    for checkpoint in (read_note(note) for note in heads.values()):
        _check_of_same_log(checkpoint, head.checkpoint)
    receipts: dict[int, list[Anchored]] = {}
    for anchored in record.anchored(head.checkpoint.size, _MOST_RECEIPTS):
        if anchored.note.partition("\n")[0] == head.checkpoint.origin:
            receipts.setdefault(anchored.tree_size, []).append(anchored)
    for size in sorted(receipts, reverse=True)[:_MOST_HEADS]:
        heads.setdefault(size, receipts[size][0].note)
    for size, note in sorted(heads.items()):
        yield f"anchors/{size}.checkpoint", note.encode()
        yield f"anchors/{size}.consistency", _consistency(read_note(note), head, tiles).encode()
        for number, anchored in enumerate(receipts.get(size, [])):
            yield f"anchors/{size}-{number}.receipt.json", _told(anchored)


def trusted_keys(log: Log) -> Trusted:
    """The keys that this host trusts; none on a host that only reads."""
    return log.sealer_folder().trusted()


def _given(note: str) -> tuple[Checkpoint, str]:
    try:
        return read_note(note), note
    except BadNote as wrong:
        raise UsageError(f"The older checkpoint is none: {wrong}.") from wrong


def _check_of_same_log(older: Checkpoint, head: Checkpoint) -> None:
    if older.origin != head.origin:
        raise UsageError("The older checkpoint is of another log.", f"This log signs as {head.origin}.")
    if older.size > head.size:
        raise UsageError(f"The older checkpoint is newer: it has {older.size:,} events, the signed head {head.size:,}.")


def _consistency(older: Checkpoint, head: SignedHead, tiles: Tiles) -> str:
    newest = head.checkpoint
    try:
        path = tiles.prove_consistency(older.size, newest.size)
        continues = check_consistency(older.size, newest.size, path, older.root, newest.root)
    except ValueError as wrong:
        raise DamagedError(f"The stored tree is damaged: {wrong}.", "Run `auditlens verify --full`.") from wrong
    if not continues:
        raise DamagedError(
            f"The tree of {newest.size:,} events does not continue the one of {older.size:,} in an older checkpoint: "
            "history was rewritten between the two, or the checkpoint is forged.",
            "Keep the older checkpoint, and run `auditlens verify --full`.",
        )
    return consistency_text(older.size, path, head.note)


def _receipt(anchored: Anchored) -> Mapping[str, object] | None:
    try:
        found = json.loads(anchored.receipt)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _told(anchored: Anchored) -> bytes:
    told = {"sink": anchored.sink, "at": anchored.at.isoformat(), "receipt": _receipt(anchored) or anchored.receipt}
    return json.dumps(told, indent=1).encode() + b"\n"
