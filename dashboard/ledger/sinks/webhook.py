"""A sink that is any HTTP service: the checkpoint as JSON, signed with a secret that both sides know."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from dashboard.ledger.sinks.address import Address
from dashboard.ledger.sinks.posting import post
from dashboard.ledger.sinks.sending import Receipt, Sending, failed, said

FORM = "webhook+https://host/path"
OPTIONS = frozenset({"every"})
SIGNATURE = "X-Auditlens-Signature"


@dataclass(frozen=True, slots=True)
class WebhookSink:
    """An address that takes checkpoints. Its path is as secret as a password: many services put their token there."""

    address: Address = field(repr=False)
    secret: bytes = field(repr=False, default=b"")
    every_s: float | None = None
    kind: str = "webhook"

    @classmethod
    def parse(cls, url: str, secret: str) -> Self:
        """Raises ValueError."""
        address = Address.parse(url, OPTIONS, passes_query=True)
        if not address.hostname or address.fragment:
            raise ValueError("it names no host")
        if address.transport == "http" and not address.is_loopback:
            raise ValueError("it is not encrypted; use https")
        return cls(address, secret.encode(), address.number("every", 1))

    @property
    def name(self) -> str:
        return f"{self.address.scheme}://{self.address.host}/…{self.address.fingerprint()}"

    @property
    def place(self) -> str:
        return self.address.host

    def publish(self, sending: Sending) -> Receipt:
        """Posts the checkpoint; the service's 2xx is the receipt, with its first words."""
        at = datetime.now(UTC).isoformat()
        body = json.dumps(
            {
                "origin": sending.checkpoint.origin,
                "tree_size": sending.checkpoint.size,
                "root": sending.checkpoint.root.hex(),
                "note": sending.note,
                "sent_at": at,
            },
            ensure_ascii=False,
        ).encode()
        headers = {"content-type": "application/json"}
        if self.secret:
            headers[SIGNATURE] = f"sha256={hmac.new(self.secret, body, hashlib.sha256).hexdigest()}"
        answer = post(self.name, self.address, body, headers, secrets=self._secrets)
        words = said(answer.text[:200], self._secrets)
        if not 200 <= answer.status < 300:
            raise failed(self.name, f"it answers {answer.status}: {words}")
        return {"status": answer.status, "answer": words, "sent_at": at}

    @property
    def _secrets(self) -> tuple[str, ...]:
        longer = [part for part in self.address.path.split("/") if len(part) > 2]
        own = [self.secret.decode()] if self.secret else []
        return (*self.address.secrets, *longer, *own)

    def copies(self) -> Iterator[str]:
        """None: what the service does with them is its own affair."""
        return iter(())
