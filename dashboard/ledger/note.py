"""Signed text: C2SP signed notes, and the checkpoint, the note that names a tree.

    auditlens.example/main          origin: which log
    109482                          tree size
    sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=      root hash, base64

    — auditlens.example/main hI2DJw…                  signature: base64 of 4 bytes of key id and 64 of Ed25519

Anyone with the log's verifier key (`name+id+key`, a vkey) checks it, with any implementation of the format.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = 0x01
_DASH = "\u2014"
_MOST_SIGNATURES = 64
_MOST_BYTES = 1 << 20
_ROOT_BYTES = 32
_MOST_DIGITS = 19  # of a signed number of 64 bits


class BadNote(ValueError):
    """The text is not a signed note, or nobody we trust signed it."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key that is trusted to have signed: its name, its id of 4 bytes, and the public key of 32."""

    name: str
    key_id: bytes
    public: bytes

    @classmethod
    def of(cls, name: str, public: bytes) -> Self:
        """The verifier of an Ed25519 public key. Raises BadNote for a name no key can have."""
        if not name or "+" in name or any(character.isspace() for character in name):
            raise BadNote(f"{name[:64]!r} can't be the name of a key: no blanks, no plus, not empty")
        return cls(name, hashlib.sha256(name.encode() + b"\n" + bytes([ED25519]) + public).digest()[:4], public)

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Reads `name+id+key`. Raises BadNote when it is no Ed25519 key, or its id is not its own."""
        name, key_id, raw = vkey_parts(vkey)
        if raw[:1] != bytes([ED25519]) or len(raw) != 33:
            raise BadNote("only Ed25519 verifier keys are known here")
        found = cls.of(name, raw[1:])
        if found.key_id.hex() != key_id:
            raise BadNote(f"the id {key_id[:16]!r} is not this key's")
        return found

    @property
    def vkey(self) -> str:
        """The key as it is handed out."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([ED25519]) + self.public)}"

    def _signed(self, text: str, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


def vkey_parts(vkey: str) -> tuple[str, str, bytes]:
    """Name, id in hex, and type byte with public key of a verifier key, unchecked. Raises BadNote."""
    try:
        name, key_id, encoded = vkey.strip().split("+", 2)
        return name, key_id, base64.b64decode(encoded, validate=True)
    except ValueError as wrong:
        raise BadNote("a verifier key is written name+id+key") from wrong


class Signer:
    """A private key with the name it signs under."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.verifier = Verifier.of(name, key.public_key().public_bytes_raw())

    def line(self, text: str) -> str:
        """The signature line under a text."""
        return f"{_DASH} {self.verifier.name} {_base64(self.verifier.key_id + self._key.sign(text.encode()))}\n"


def sign(text: str, signers: Iterable[Signer]) -> str:
    """The text with a signature of each signer. Raises BadNote for a text that no note can hold."""
    _check_text(text)
    return text + "\n" + "".join(signer.line(text) for signer in signers)


def from_file(text: str) -> str:
    """A note as a person hands it in: copied from a page it lacks its last line break, or has others than we write."""
    return text.replace("\r\n", "\n").rstrip("\n") + "\n"


def open_note(note: str, trusted: Sequence[Verifier]) -> tuple[str, tuple[Verifier, ...]]:
    """The text, and which of the trusted keys signed it; signatures of others are passed over.

    Raises BadNote when it is no note, when a trusted key's signature is wrong, or when none of them signed.
    """
    text, signatures = parts_of(note)
    signed = []
    for name, raw in signatures:
        for verifier in trusted:
            if (verifier.name, verifier.key_id) == (name, raw[:4]):
                if not verifier._signed(text, raw[4:]):
                    raise BadNote(f"the signature of {name} is wrong")
                signed.append(verifier)
    if not signed:
        raise BadNote("no key that is trusted here signed it")
    return text, tuple(signed)


def parts_of(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text, and of each signature line the name and the raw signature, unchecked. Raises BadNote."""
    if len(note) > _MOST_BYTES:
        raise BadNote("it is too long")
    text, gap, rest = note.rpartition("\n\n")
    if not gap or not rest.endswith("\n"):
        raise BadNote("it has no signatures below an empty line")
    _check_text(text + "\n")
    lines = rest[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise BadNote("it has too many signatures")
    return text + "\n", [signature_of(line) for line in lines]


def signature_of(line: str) -> tuple[str, bytes]:
    """Name and raw signature (4 bytes of key id first) of a signature line, unchecked. Raises BadNote."""
    words = line.split(" ")
    if len(words) != 3 or words[0] != _DASH or not words[1] or "+" in words[1]:
        raise BadNote("a signature line is damaged")
    try:
        raw = base64.b64decode(words[2], validate=True)
    except ValueError as wrong:
        raise BadNote("a signature is not base64") from wrong
    if len(raw) < 5:
        raise BadNote("a signature is too short")
    return words[1], raw


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(ord(character) < 0x20 and character != "\n" for character in text):
        raise BadNote("a note's text ends in a line break and holds no other control character")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BadNote("a note's text holds half a surrogate pair, which is not a character")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of its tree: origin, number of leaves, root hash (C2SP tlog-checkpoint)."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The note's text."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a note's text; lines after the third are passed over. Raises BadNote."""
        lines = text.split("\n")
        if len(lines) < 4 or not all(lines[:3]):
            raise BadNote("a checkpoint has an origin, a size and a root hash, a line each")
        origin, size, encoded = lines[:3]
        if (
            not (size.isascii() and size.isdigit())
            or (size != "0" and size.startswith("0"))
            or len(size) > _MOST_DIGITS
        ):
            raise BadNote(f"{size[:32]!r} is not a tree size")
        try:
            root = base64.b64decode(encoded, validate=True)
        except ValueError as wrong:
            raise BadNote("the root hash is not base64") from wrong
        if len(root) != _ROOT_BYTES or _base64(root) != encoded:
            raise BadNote("the root hash has not 32 bytes")
        return cls(origin, int(size), root)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
