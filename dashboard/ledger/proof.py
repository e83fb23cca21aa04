"""One event's proof as a file: C2SP tlog-proof, which anyone checks who has the log's verifier key and nothing else.

    c2sp.org/tlog-proof@v1
    extra eyJhY3Rpb24iOi…                             base64 of the row: the hashed line and what is disclosed of it
    index 73894                                       its place in the log
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=      the inclusion proof (RFC 6962), a hash a line, the leaf's sibling first
    …

    auditlens/5f0c…                                   the signed head, verbatim
    109482
    …

A row is the canonical line with one more member behind its own, so whoever cuts that off has the bytes that were hashed:

    {"action":…,"v":1,"_":{"disclosed":{"actor":["<salt>","actor","elif.kaya"],…},"erased":[],"leaf_index":73894}}
"""  # noqa: E501 - the lines of the format

import base64
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.errors import DamagedError
from dashboard.events.canonical import leaf_hash
from dashboard.ledger.keys import Trusted
from dashboard.ledger.note import BadNote, Checkpoint, parts_of
from dashboard.ledger.tlog import HASH_BYTES, Tiles, check_inclusion
from dashboard.record.tree import TreeRecord

HEADER = "c2sp.org/tlog-proof@v1"
ENDING = ".tlog-proof"
ROW_MARK = ',"_":'
"""What begins a row's own member. No text in a row can hold it: within a JSON string each quote has a backslash."""

_MOST_HASHES = 64
_AS_JCS: Mapping[str, Any] = {"ensure_ascii": False, "separators": (",", ":"), "sort_keys": True}  # for ASCII keys


class BadProof(ValueError):
    """The text is no tlog-proof, or does not prove what it should."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A tlog-proof, read and not checked."""

    index: int
    path: tuple[bytes, ...]
    note: str
    extra: bytes | None = None

    @property
    def text(self) -> str:
        """The file."""
        extra = "" if self.extra is None else f"extra {base64.b64encode(self.extra).decode()}\n"
        hashes = "".join(f"{base64.b64encode(value).decode()}\n" for value in self.path)
        return f"{HEADER}\n{extra}index {self.index}\n{hashes}\n{self.note}"


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof showed: this line stands at this place of the log of this checkpoint."""

    checkpoint: Checkpoint
    index: int
    line: str


def row_text(line: str, seq: int, disclosed: Mapping[str, str], erased: Collection[str] = ()) -> str:
    """The row of an event, without a line break. `disclosed` holds the JCS texts of `canonical.disclosures`."""
    told = ",".join(f'"{group}":{disclosed[group]}' for group in sorted(disclosed))
    gone = ",".join(f'"{group}"' for group in sorted(erased))
    return f'{line[:-1]}{ROW_MARK}{{"disclosed":{{{told}}},"erased":[{gone}],"leaf_index":{seq}}}}}'


def line_of_row(row: str) -> str:
    """The canonical line in a row."""
    line, mark, _ = row.partition(ROW_MARK)
    if not mark:
        raise BadProof("the extra line holds no row of an Auditlens log")
    return line + "}"


def tlog_proof(tree: TreeRecord, seq: int, note: str, extra: bytes | None = None, *, tiles: Tiles | None = None) -> str:
    """The proof that the leaf at `seq` is in the tree of the checkpoint `note`; some milliseconds. Many are made faster
    when they share `tiles`.

    Raises DamagedError when the stored tree does not lead to the checkpoint's root, ValueError for a place beyond it.
    """
    checkpoint = Checkpoint.parse(parts_of(note)[0])
    try:
        known = tiles or Tiles(tree.tile, checkpoint.size)
        path, leaf = known.prove_inclusion(seq, checkpoint.size), known.leaf(seq)
    except ValueError as wrong:
        if not 0 <= seq < checkpoint.size:
            raise
        raise DamagedError(f"The stored tree is damaged: {wrong}.", "Run `auditlens verify --full`.") from wrong
    if not check_inclusion(seq, checkpoint.size, leaf, path, checkpoint.root):
        raise DamagedError(
            f"The stored tree does not lead from seq {seq:,} to the root signed for {checkpoint.size:,} events.",
            "Run `auditlens verify --full`: it says what was changed.",
        )
    return Proof(seq, tuple(path), note, extra).text


def parse_proof(text: str) -> Proof:
    """Reads a tlog-proof. Raises BadProof for anything that the format does not allow."""
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != HEADER or not gap or not lines:
        raise BadProof(f"it does not begin with {HEADER}, an index, and an empty line before the checkpoint")
    extra = _decoded(lines.pop(0).removeprefix("extra ")) if lines[0].startswith("extra ") else None
    if not lines or not lines[0].startswith("index "):
        raise BadProof("it has no index where one belongs")
    digits = lines.pop(0).removeprefix("index ")
    if not (digits.isascii() and digits.isdigit()) or (digits != "0" and digits.startswith("0")) or len(digits) > 18:
        raise BadProof(f"{digits[:32]!r} is not an index")
    path = tuple(_decoded(line) for line in lines)
    if len(path) > _MOST_HASHES or any(len(value) != HASH_BYTES for value in path):
        raise BadProof("a hash of the proof has not 32 bytes, or there are too many")
    return Proof(int(digits), path, note, extra)


def check_proof(text: str, trusted: Trusted, line: str | None = None) -> Proven:
    """Checks everything: the form, the signature by a key that is trusted, and the path from the line to the root.

    The line is the one in `extra` unless it is given. Raises BadProof saying what is wrong.
    """
    proof = parse_proof(text)
    try:
        checkpoint = trusted.open_checkpoint(proof.note)
        signed_text = parts_of(proof.note)[0]
    except BadNote as wrong:
        raise BadProof(f"its checkpoint is not good: {wrong}") from wrong
    if signed_text != checkpoint.text:
        raise BadProof("its checkpoint has lines that no Auditlens log writes")
    if line is None:
        line = _line_of(proof)
    if not check_inclusion(proof.index, checkpoint.size, leaf_hash(line), proof.path, checkpoint.root):
        raise BadProof(f"the line does not lead to the signed root from index {proof.index}")
    return Proven(checkpoint, proof.index, line)


def _line_of(proof: Proof) -> str:
    """The line in the extra row, once what the row discloses of it is what was hashed."""
    try:
        row = (proof.extra or b"").decode()
        line = line_of_row(row)
        own = json.loads(row[len(line) - 1 + len(ROW_MARK) : -1])
        told = {group: json.dumps(value, **_AS_JCS) for group, value in own["disclosed"].items()}
        digests = json.loads(line)["sd"]
        good = row == row_text(line, proof.index, told, own["erased"]) and all(
            own["disclosed"][group][1] == group and hashlib.sha256(text.encode()).hexdigest() == digests[group]
            for group, text in told.items()
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as wrong:
        raise BadProof("it has no extra line with the row that was hashed") from wrong
    if not good:
        raise BadProof("its extra line is of another place in the log, or discloses what was not hashed")
    return line


def _decoded(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as wrong:
        raise BadProof("a line is not base64") from wrong
    if not raw or base64.b64encode(raw).decode() != text:
        raise BadProof("a line is not base64 as it is written")
    return raw


def consistency_text(old: int, path: Sequence[bytes], note: str) -> str:
    """A consistency proof as a file, as C2SP tlog-witness asks with one: the old size, the hashes, the new head."""
    hashes = "".join(f"{base64.b64encode(value).decode()}\n" for value in path)
    return f"old {old}\n{hashes}\n{note}"
