"""Cosignatures: a witness's statement that a log's tree, as far as it ever saw it, only grew (C2SP tlog-cosignature).

A line below a checkpoint like any signature, of its own key type: Ed25519 over a header, the time, and the note's text.

    cosignature/v1
    time 1679315147
    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

What is kept is `timestamp, 8 bytes || signature, 64 bytes`.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dashboard.ledger.note import BadNote, Verifier, parts_of, signature_of, vkey_parts

COSIGNATURE = 0x04
_RAW_BYTES = 4 + 8 + 64
_LATEST_S = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness that is trusted: its name, its id of 4 bytes, its public key of 32."""

    name: str
    key_id: bytes
    public: bytes

    @classmethod
    def of(cls, name: str, public: bytes) -> Self:
        """The cosigner of an Ed25519 public key. Raises BadNote for a name no key can have."""
        Verifier.of(name, public)
        key_id = hashlib.sha256(name.encode() + b"\n" + bytes([COSIGNATURE]) + public).digest()[:4]
        return cls(name, key_id, public)

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Reads `name+id+key`. Raises BadNote when it is no Ed25519 cosigner's key, or its id is not its own."""
        name, key_id, raw = vkey_parts(vkey)
        if raw[:1] != bytes([COSIGNATURE]) or len(raw) != 33:
            raise BadNote("a witness's key is one for Ed25519 cosignatures (type 4)")
        found = cls.of(name, raw[1:])
        if found.key_id.hex() != key_id:
            raise BadNote(f"the id {key_id[:16]!r} is not this key's")
        return found

    @property
    def vkey(self) -> str:
        """The key as it is handed out."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([COSIGNATURE]) + self.public).decode()}"

    def signed_at(self, text: str, line: str) -> datetime | None:
        """When this witness cosigned the text, by its signature line; None when the line is another's.

        Raises BadNote when the line is damaged, or its signature wrong.
        """
        name, raw = signature_of(line)
        if (name, raw[:4]) != (self.name, self.key_id):
            return None
        if len(raw) != _RAW_BYTES:
            raise BadNote(f"the cosignature of {name} has not its length")
        moment = int.from_bytes(raw[4:12], "big")
        if moment > _LATEST_S:
            raise BadNote(f"the cosignature of {name} is of no time")
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(raw[12:], _message(text, moment))
        except InvalidSignature:
            raise BadNote(f"the cosignature of {name} is wrong") from None
        return datetime.fromtimestamp(moment, UTC)


def _message(text: str, moment: int) -> bytes:
    return f"cosignature/v1\ntime {moment}\n{text}".encode()


def cosign(text: str, name: str, key: Ed25519PrivateKey, moment: int) -> str:
    """The signature line of a witness under a checkpoint's text; `moment` in seconds since 1970."""
    cosigner = Cosigner.of(name, key.public_key().public_bytes_raw())
    raw = cosigner.key_id + moment.to_bytes(8, "big") + key.sign(_message(text, moment))
    return f"\u2014 {name} {base64.b64encode(raw).decode()}\n"


def with_cosignatures(note: str, receipts: Iterable[Mapping[str, object]]) -> str:
    """The note with the cosignatures of witnesses' receipts below its own signatures.

    A line is taken once, and only when it is this note's and the witness's key in its receipt made it. Whether that
    witness is to be trusted is for the reader of the note to know. Raises BadNote when `note` is none.
    """
    text, _ = parts_of(note)
    for receipt in receipts:
        for line in _good_lines(text, receipt):
            if line not in note:
                note += line
    return note


def _good_lines(text: str, receipt: Mapping[str, object]) -> Iterable[str]:
    vkey, lines = receipt.get("witness"), receipt.get("cosignatures")
    if not isinstance(vkey, str) or not isinstance(lines, list):
        return
    for line in lines:
        try:
            good = isinstance(line, str) and Cosigner.parse(vkey).signed_at(text, line.strip("\n")) is not None
        except BadNote:
            good = False
        if good:
            yield line.strip("\n") + "\n"
