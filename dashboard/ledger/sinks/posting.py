"""One HTTP request to a sink: a deadline for all of it, a bound on the answer, no redirects, no secrets in errors."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from dashboard.ledger.sinks.address import Address
from dashboard.ledger.sinks.sending import TIMEOUT_S, failed

_LARGEST_ANSWER_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    content_type: str
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def post(
    name: str,
    address: Address,
    body: bytes,
    headers: Mapping[str, str],
    *,
    path: str = "",
    secrets: tuple[str, ...] = (),
) -> Answer:
    """Sends a body to the address (with `path` behind its own) and gives the answer, whatever its status.

    `name` and `secrets` are for the error. Raises UnreachableError when none comes within ten seconds.
    """
    login = (address.user, address.password) if address.user or address.password else None
    began = time.monotonic()
    try:
        with (
            httpx.Client(timeout=TIMEOUT_S, auth=login, follow_redirects=False) as client,
            client.stream("POST", address.target + path, content=body, headers=dict(headers)) as response,
        ):
            received = bytearray()
            for part in response.iter_bytes():
                received += part
                if len(received) > _LARGEST_ANSWER_BYTES:
                    raise failed(name, "its answer is too long")
                if time.monotonic() - began > TIMEOUT_S:
                    raise failed(name, f"it did not answer within {TIMEOUT_S:.0f} s")
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            return Answer(response.status_code, kind, bytes(received))
    except httpx.TimeoutException as wrong:
        raise failed(name, f"it did not answer within {TIMEOUT_S:.0f} s") from wrong
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as wrong:
        raise failed(name, f"it can't be reached: {wrong}", secrets=(*secrets, *address.secrets)) from None
