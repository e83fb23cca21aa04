"""A sink that is a C2SP witness: it remembers the largest tree it saw and cosigns only what continues it.

So even who holds the log's key can't show a rewritten history to anyone who asks for the witness's cosignature.
"""

import base64
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from dashboard.errors import AuditlensError
from dashboard.ledger.cosignature import Cosigner
from dashboard.ledger.note import BadNote
from dashboard.ledger.sinks.address import Address
from dashboard.ledger.sinks.posting import Answer, post
from dashboard.ledger.sinks.sending import ContradictionError, Receipt, Sending, failed, said

FORM = "witness+https://host/prefix?key=VKEY (the witness's verifier key, percent-encoded)"
OPTIONS = frozenset({"key", "every"})
_SIZE_TYPE = "text/x.tlog.size"
_MOST_TRIES = 3
_AHEAD_S = 3600.0
_KEEP = "Keep a copy of the database and of the sealer's folder, then run `auditlens verify --full`."


@dataclass(frozen=True, slots=True)
class WitnessSink:
    """A witness and its key."""

    address: Address = field(repr=False)
    cosigner: Cosigner
    every_s: float | None = None
    kind: str = "witness"

    @classmethod
    def parse(cls, url: str) -> Self:
        """Raises ValueError."""
        address = Address.parse(url, OPTIONS)
        if not address.hostname or address.fragment:
            raise ValueError("it names no host")
        if "key" not in address.options:
            raise ValueError("key is missing")
        return cls(address, Cosigner.parse(address.options["key"]), address.number("every", 1))

    @property
    def name(self) -> str:
        return self.address.shown

    @property
    def place(self) -> str:
        return f"{self.cosigner.name} at {self.address.host}"

    def publish(self, sending: Sending) -> Receipt:
        """Asks for a cosignature, from where the witness stands."""
        old, size = min(sending.last_size, sending.checkpoint.size), sending.checkpoint.size
        for _ in range(_MOST_TRIES):
            answer = self._ask(sending, old)
            if answer.status == 200:
                return self._receipt(sending, answer)
            if answer.status != 409:
                raise self._refused(answer)
            known = self._known_size(answer)
            if known > size:
                raise self._contradicted(
                    f"the witness saw a tree of {known:,} leaves, this one has {size:,}: rolled back"
                )
            if known == old:
                raise self._contradicted(f"the witness saw another tree of {size:,} leaves: history was rewritten")
            old = known
        raise failed(self.name, "it names another size each time")

    def _ask(self, sending: Sending, old: int) -> Answer:
        proof = [f"{base64.b64encode(one).decode()}\n" for one in sending.prove_consistency(old)]
        body = f"old {old}\n{''.join(proof)}\n{sending.note}"
        path = "/add-checkpoint" if not self.address.path.endswith("/") else "add-checkpoint"
        return post(self.name, self.address, body.encode(), {"content-type": "text/plain; charset=utf-8"}, path=path)

    def _known_size(self, answer: Answer) -> int:
        text = answer.text.removesuffix("\n")
        if answer.content_type != _SIZE_TYPE or not (text.isascii() and text.isdigit() and len(text) < 20):
            raise failed(self.name, "it refuses (409) without saying which size it knows")
        return int(text)

    def _refused(self, answer: Answer) -> AuditlensError:
        if answer.status == 422:
            return self._contradicted("the witness says that this tree does not continue the one it saw")
        why = {
            403: "it does not trust the key of this log",
            404: "it does not know this log, or add-checkpoint is not at this address",
        }.get(answer.status, f"it answers {answer.status}: {answer.text[:200]}")
        hint = "Give the witness the log's origin and verifier key." if answer.status in (403, 404) else ""
        return failed(self.name, why, hint, secrets=self.address.secrets)

    def _contradicted(self, why: str) -> ContradictionError:
        return ContradictionError(f"{self.name}: {why}.", _KEEP)

    def _receipt(self, sending: Sending, answer: Answer) -> Receipt:
        lines, moment = [], None
        for line in answer.text.splitlines():
            try:
                signed_at = self.cosigner.signed_at(sending.checkpoint.text, line) if line else None
            except BadNote as wrong:
                raise failed(self.name, f"its answer is no good: {said(str(wrong))}") from wrong
            if signed_at is not None:
                lines.append(f"{line}\n")
                moment = signed_at
        if moment is None:
            raise failed(self.name, "its answer holds no cosignature of the key in AUDITLENS_ANCHORS")
        self._check_time(moment)
        return {"witness": self.cosigner.vkey, "cosignatures": lines, "time": moment.isoformat()}

    def _check_time(self, moment: datetime) -> None:
        if moment.timestamp() > time.time() + _AHEAD_S:
            raise failed(self.name, f"its cosignature is of {moment.isoformat()}, which is still to come")

    def copies(self) -> Iterator[str]:
        """None: the protocol has no way to ask for what was cosigned."""
        return iter(())
