"""A sink that is a time stamp authority (RFC 3161): it says that the checkpoint existed at a time, and keeps nothing.

The receipt is the authority's whole answer; `openssl ts -verify -data NOTE -in ANSWER -CAfile ROOT` checks it too.
"""

import base64
import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

from cryptography import x509

from dashboard.errors import UsageError
from dashboard.ledger.sinks.address import Address
from dashboard.ledger.sinks.posting import Answer, post
from dashboard.ledger.sinks.sending import Receipt, Sending, failed, said

if TYPE_CHECKING:
    from rfc3161_client import TimeStampRequest, TimeStampResponse

FORM = "tsa+https://host/path?ca=/path/to/root.pem (ca: the authority's root; default: the usual roots of the web)"
OPTIONS = frozenset({"ca", "every"})
_EVERY_S = 600.0  # an answer holds certificates: some 6 KB
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"


@dataclass(frozen=True, slots=True)
class TimeStampSink:
    """A time stamp authority and the root that vouches for it."""

    address: Address = field(repr=False)
    ca: Path | None = None
    every_s: float | None = _EVERY_S
    kind: str = "tsa"

    @classmethod
    def parse(cls, url: str) -> Self:
        """Raises ValueError; UsageError without the library."""
        address = Address.parse(url, OPTIONS, passes_query=True)
        if not address.hostname or address.fragment:
            raise ValueError("it names no host")
        try:
            import rfc3161_client  # noqa: F401, PLC0415
        except ImportError:
            raise UsageError(
                "Time stamps need the package rfc3161-client, which is not installed.", "Install auditlens[anchors]."
            ) from None
        ca = address.options.get("ca")
        return cls(address, Path(ca) if ca else None, address.number("every", 1, _EVERY_S))

    @property
    def name(self) -> str:
        return self.address.shown

    @property
    def place(self) -> str:
        return self.address.host

    def publish(self, sending: Sending) -> Receipt:
        """Has the note stamped, and checks the stamp: digest, nonce, signature, chain to the root."""
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # noqa: PLC0415

        note = sending.note.encode()
        request = TimestampRequestBuilder().data(note).hash_algorithm(HashAlgorithm.SHA256).build()
        answer = post(self.name, self.address, request.as_bytes(), {"content-type": _QUERY, "accept": _REPLY})
        stamp = self._checked(request, answer, note)
        return {
            "time": stamp.tst_info.gen_time.isoformat(),
            "serial": str(stamp.tst_info.serial_number),
            "sha256": hashlib.sha256(note).hexdigest(),
            "answer": base64.b64encode(answer.body).decode(),
        }

    def _checked(self, request: "TimeStampRequest", answer: Answer, note: bytes) -> "TimeStampResponse":
        from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response  # noqa: PLC0415

        if answer.status != 200 or answer.content_type != _REPLY:
            words = said(answer.text[:200]) if answer.content_type.startswith("text/") else answer.content_type
            raise failed(self.name, f"it answers {answer.status}: {words}", secrets=self.address.secrets)
        try:
            stamp = decode_timestamp_response(answer.body)
            if stamp.status != 0:
                raise failed(self.name, f"it refuses (status {stamp.status}): {' '.join(stamp.status_string)}")
            VerifierBuilder(nonce=request.nonce, roots=list(self._roots())).build().verify_message(stamp, note)
        except (ValueError, VerificationError) as wrong:
            raise failed(self.name, f"its time stamp does not hold: {wrong}", self._hint) from wrong
        return stamp

    @property
    def _hint(self) -> str:
        return "" if self.ca else "Name the authority's root certificate with ca=FILE."

    def _roots(self) -> tuple[x509.Certificate, ...]:
        if self.ca is None:
            return _roots_of_the_web()
        try:
            return tuple(x509.load_pem_x509_certificates(self.ca.read_bytes()))
        except (OSError, ValueError) as wrong:
            raise failed(self.name, f"its root {self.ca} can't be read: {wrong}") from wrong

    def copies(self) -> Iterator[str]:
        """None: an authority keeps no checkpoint."""
        return iter(())


@cache
def _roots_of_the_web() -> tuple[x509.Certificate, ...]:
    import certifi  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an old root's serial number is 0
        return tuple(x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes()))
