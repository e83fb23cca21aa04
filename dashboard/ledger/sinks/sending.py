"""What every kind of sink shares: what is sent, what comes back, and how a failure is said."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from dashboard.errors import DamagedError, UnreachableError
from dashboard.events.folding import visible
from dashboard.ledger.note import Checkpoint
from dashboard.ledger.tlog import HASH_BYTES, ReadTile, Tiles

TIMEOUT_S = 10.0  # one wait for a sink's machine
LARGEST_NOTE_BYTES = 1 << 16
_LONGEST_TEXT = 300

Receipt = dict[str, object]
"""What a sink gave back for a checkpoint: goes into JSON, holds no secret."""


class ContradictionError(DamagedError):
    """An outside copy contradicts this log: one of the two was rewritten."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One checkpoint on its way to one sink."""

    note: str
    checkpoint: Checkpoint
    read: ReadTile = field(repr=False)  # tiles of this tree, or of a larger one that continues it
    last: Mapping[str, object] = field(default_factory=dict)  # the sink's newest receipt of the same tree, if any
    last_size: int = 0  # the size that receipt is for

    def tile(self, level: int, number: int, width: int) -> bytes:
        """The first `width` hashes of a tile. Raises DamagedError when the record lacks some."""
        hashes = self.read(level, number, width)[: width * HASH_BYTES]
        if len(hashes) != width * HASH_BYTES:
            raise DamagedError(f"The stored tree is damaged: tile {level}/{number} lacks hashes.")
        return hashes

    def prove_consistency(self, old: int) -> list[bytes]:
        """What shows that this tree continues its first `old` leaves. Raises DamagedError when the record can't."""
        try:
            return Tiles(self.read, self.checkpoint.size).prove_consistency(old, self.checkpoint.size)
        except ValueError as wrong:
            raise DamagedError(f"The stored tree is damaged: {wrong}.") from wrong


class Sink(Protocol):
    """A place out of reach that takes checkpoints. Neither its attributes nor its errors show a secret."""

    @property
    def name(self) -> str:
        """What tells it from the others, the same in every process: its URL without user, password and query."""

    @property
    def kind(self) -> str:
        """file, s3, git, tsa, witness, webhook or mail."""

    @property
    def place(self) -> str:
        """Where it is, for a person."""

    @property
    def every_s(self) -> float | None:
        """At most so often; None: as all."""

    def publish(self, sending: Sending) -> Receipt:
        """Puts a checkpoint there and gives the receipt; once more for one that is there already.

        Raises UnreachableError when that failed, ContradictionError when what is there speaks against this log.
        """

    def copies(self) -> Iterator[str]:
        """The notes it holds, the newest first; none where it can't give any back. Raises UnreachableError."""


def said(text: str, secrets: tuple[str, ...] = ()) -> str:
    """A stranger's words in one short line, without secrets."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "…")
    line = visible(" ".join(text.split()))
    return line if len(line) <= _LONGEST_TEXT else line[: _LONGEST_TEXT - 1] + "…"


def failed(name: str, why: str, hint: str = "", *, secrets: tuple[str, ...] = ()) -> UnreachableError:
    """The error of a sink that did not take the checkpoint."""
    why = said(why, secrets)
    return UnreachableError(f"{name}: {why}{'' if re.search(r'[.!?…]$', why) else '.'}", hint)


def same_log(origin: str, other: str) -> bool:
    """Whether two origins are of one log: a later tree of `auditlens/ID` is `auditlens/ID/2`."""
    return origin.split("/")[:2] == other.split("/")[:2]
