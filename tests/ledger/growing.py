"""Trees to send: known leaves, real proofs, a real key."""

import hashlib
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dashboard.ledger.note import Checkpoint, Signer, sign
from dashboard.ledger.sinks import Sending
from dashboard.ledger.tlog import Frontier, Tiles

ORIGIN = "auditlens/0b5e"
SIGNER = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


class Tree:
    """A tree of `size` leaves; `changed` are leaves that are others than in a tree without them."""

    def __init__(self, size: int, *, changed: tuple[int, ...] = (), origin: str = ORIGIN) -> None:
        self.size = size
        self.origin = origin
        self._frontier = Frontier()
        leaves = [hashlib.sha256(f"{k}{'!' if k in changed else ''}".encode()).digest() for k in range(size)]
        full = self._frontier.append(b"".join(leaves))
        self._full = {(tile.level, tile.number): tile.hashes for tile in full}

    def read(self, level: int, number: int, width: int) -> bytes:
        found = self._full.get((level, number))
        return found if found is not None else self._frontier.edge(level)

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(self.origin, size, Tiles(self.read, self.size).root(size))

    def sending(
        self,
        size: int,
        *,
        last: Mapping[str, object] | None = None,
        last_size: int = 0,
        signers: tuple[Signer, ...] = (),
    ) -> Sending:
        checkpoint = self.checkpoint(size)
        return Sending(
            note=sign(checkpoint.text, signers or (SIGNER,)),
            checkpoint=checkpoint,
            read=self.read,
            last=last or {},
            last_size=last_size,
        )
