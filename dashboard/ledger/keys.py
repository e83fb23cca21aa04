"""The sealer's folder outside the database: its private key, what it signed last, and the keys that are trusted.

    sealer.key      the private key as Go's note package writes one (PRIVATE+KEY+name+id+key), mode 0400
    state.json      the last signed size and root: nothing is signed that does not continue it
    trusted.keys    a verifier key a line (name+id+key), `until=N` behind one that signed trees of up to N leaves

Key and state are made together, once. One without the other means that somebody took it away: then nothing is signed.
"""

import base64
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dashboard.errors import DamagedError, UsageError
from dashboard.ledger.note import ED25519, BadNote, Checkpoint, Signer, Verifier, open_note
from dashboard.ledger.tlog import EMPTY_ROOT

KEY, STATE, TRUSTED = "sealer.key", "state.json", "trusted.keys"
_PRIVATE = "PRIVATE+KEY+"


@dataclass(frozen=True, slots=True)
class SignedState:
    """What the sealer signed last."""

    origin: str
    size: int = 0
    root: bytes = EMPTY_ROOT

    def to_json(self) -> str:
        return json.dumps({"origin": self.origin, "size": self.size, "root": self.root.hex()}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ValueError for anything that `to_json` did not write."""
        kept = json.loads(text)
        try:
            found = cls(str(kept["origin"]), int(kept["size"]), bytes.fromhex(kept["root"]))
        except (KeyError, TypeError) as wrong:
            raise ValueError(f"it lacks {wrong}") from wrong
        if len(found.root) != 32 or found.size < 0:
            raise ValueError("its root has not 32 bytes, or its size is negative")
        return found


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key that is trusted for trees of up to `until` leaves; None: for all."""

    verifier: Verifier
    until: int | None = None

    @property
    def line(self) -> str:
        return self.verifier.vkey + ("" if self.until is None else f" until={self.until}")


@dataclass(frozen=True, slots=True)
class Trusted:
    """The keys whose signatures count."""

    keys: tuple[TrustedKey, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a key a line; `#` begins a remark. Raises BadNote for a line that is none."""
        found = []
        for line in text.splitlines():
            words = line.partition("#")[0].split()
            if not words:
                continue
            until = words[1].removeprefix("until=") if len(words) == 2 else ""
            if len(words) > 2 or (len(words) == 2 and not (words[1].startswith("until=") and until.isdecimal())):
                raise BadNote(f"{line[:80]!r} is no verifier key, nor one with until=N")
            found.append(TrustedKey(Verifier.parse(words[0]), int(until) if until else None))
        return cls(tuple(found))

    @property
    def text(self) -> str:
        return "".join(f"{key.line}\n" for key in self.keys)

    def open_checkpoint(self, note: str) -> Checkpoint:
        """The checkpoint in a note that a trusted key signed while it was trusted. Raises BadNote."""
        text, signed_by = open_note(note, [key.verifier for key in self.keys])
        checkpoint = Checkpoint.parse(text)
        signers = [key for key in self.keys if key.verifier in signed_by and key.verifier.name == checkpoint.origin]
        if not signers:
            raise BadNote("the key that signed it is of another origin")
        if not any(key.until is None or checkpoint.size <= key.until for key in signers):
            raise BadNote(f"its key was no longer trusted for a tree of {checkpoint.size:,} leaves")
        return checkpoint

    def open_text(self, note: str) -> str:
        """The text of any other note that a key signed which is trusted now. Raises BadNote."""
        return open_note(note, [key.verifier for key in self.keys if key.until is None])[0]


class SealerFolder:
    """The folder of one log's sealer."""

    def __init__(self, folder: Path, log_id: str, trusted: Path | None = None) -> None:
        self.folder = folder
        self._trusted = trusted or folder / TRUSTED  # elsewhere on a host that only verifies
        self.log_id = log_id
        self.origin = f"auditlens/{log_id}"  # of a log's first tree

    @property
    def holds_key(self) -> bool:
        """Whether this host and account can sign."""
        return os.access(self.folder / KEY, os.R_OK)

    def trusted(self) -> Trusted:
        """The keys that are trusted here; none when there is no such file."""
        try:
            return Trusted.parse(self._trusted.read_text("utf-8"))
        except FileNotFoundError:
            return Trusted(())
        except (OSError, UnicodeDecodeError, BadNote) as wrong:
            raise UsageError(f"{self._trusted} can't be read: {wrong}.", "It holds a verifier key a line.") from wrong

    def state(self) -> SignedState:
        """What was signed last. Raises DamagedError when it is missing, unreadable, or of another log."""
        path = self.folder / STATE
        try:
            state = SignedState.from_json(path.read_text("utf-8"))
        except (OSError, ValueError) as wrong:
            raise DamagedError(
                f"{path}, what the sealer signed last, can't be read: {wrong}.",
                "Restore it from a backup, or take the newest checkpoint that lies outside this machine: "
                "`auditlens seal --adopt FILE`.",
            ) from wrong
        if state.origin != self.origin and not state.origin.startswith(f"{self.origin}/"):
            raise DamagedError(
                f"{path} is of log {state.origin}, the database holds {self.origin}.",
                "Point AUDITLENS_LEDGER and AUDITLENS_DATABASE_URL at two that belong together.",
            )
        return state

    def save_state(self, state: SignedState) -> None:
        """Keeps what is about to be published, safe against a crash."""
        replace_file(self.folder / STATE, state.to_json(), 0o600)

    def signer(self) -> Signer:
        """The private key. Raises DamagedError when it can't be read."""
        path = self.folder / KEY
        try:
            return parse_private(path.read_text("utf-8").strip())
        except (OSError, ValueError) as wrong:
            raise DamagedError(
                f"The sealer's key {path} can't be read: {wrong}.", "Restore it; without it nothing can be signed."
            ) from wrong

    def begin(self) -> None:
        """Makes key, state and trust of a new log, when neither key nor state is there."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        text, verifier = new_private(self.origin)
        self.save_trusted(Trusted((*self.trusted().keys, TrustedKey(verifier))))
        self.save_state(SignedState(self.origin))
        self.save_key(text)

    def save_key(self, text: str) -> None:
        """Puts a private key, as `new_private` writes it, in the place of the one before."""
        replace_file(self.folder / KEY, text + "\n", 0o400)

    def save_trusted(self, trusted: Trusted) -> None:
        replace_file(self.folder / TRUSTED, trusted.text, 0o644)


def new_private(name: str) -> tuple[str, Verifier]:
    """A new private key, written as it is kept, and its verifier."""
    key = Ed25519PrivateKey.generate()
    verifier = Signer(name, key).verifier
    raw = base64.b64encode(bytes([ED25519]) + key.private_bytes_raw()).decode()
    return f"{_PRIVATE}{name}+{verifier.key_id.hex()}+{raw}", verifier


def parse_private(text: str) -> Signer:
    """Reads a private key. Raises ValueError; no word of the key is in it."""
    try:
        name, key_id, encoded = text.removeprefix(_PRIVATE).split("+", 2)
        raw = base64.b64decode(encoded, validate=True)
        if not text.startswith(_PRIVATE) or raw[:1] != bytes([ED25519]):
            raise ValueError
        signer = Signer(name, Ed25519PrivateKey.from_private_bytes(raw[1:]))
    except ValueError:
        raise ValueError("it is no Ed25519 key as Go's note package writes one") from None
    if signer.verifier.key_id.hex() != key_id:
        raise ValueError("the key's id is not its own")
    return signer


def replace_file(path: Path, text: str, mode: int) -> None:
    """Writes a file whole or not at all, with exactly this mode; it is on the disk when this returns."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
