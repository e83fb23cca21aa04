"""The URL of a sink, taken apart: what goes to the sink, what is an option of ours, what a person may see."""

import hashlib
import ipaddress
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote, unquote, urlsplit

from dashboard.errors import UsageError

_SHORTEST_SECRET = 3


@dataclass(frozen=True, slots=True)
class Address:
    """A sink's URL. Its `repr` shows nothing of it."""

    scheme: str
    host: str = field(repr=False)  # with the port; as in a URL
    path: str = field(repr=False)
    user: str = field(repr=False)
    password: str = field(repr=False)
    query: str = field(repr=False)  # raw, without our options
    fragment: str = field(repr=False)
    options: dict[str, str] = field(repr=False)

    @classmethod
    def parse(cls, url: str, options: frozenset[str], *, passes_query: bool = False) -> Self:
        """Takes a URL apart. `options` are ours; others are an error, or with `passes_query` the sink's own.

        Raises ValueError in words that show no part of the URL but an option's name.
        """
        parts = urlsplit(url)
        netloc = parts.netloc.rpartition("@")[2]
        _ = parts.port  # raises
        own: dict[str, str] = {}
        others = []
        for pair in parts.query.split("&") if parts.query else []:
            key, _, value = pair.partition("=")
            if key in options:
                own[key] = unquote(value)
            elif passes_query:
                others.append(pair)
            else:
                raise ValueError(f"it knows no option {key[:30]!r}" if key.isidentifier() else "its query is unclear")
        found = cls(
            scheme=parts.scheme, host=netloc, path=parts.path,
            user=unquote(parts.username or ""), password=unquote(parts.password or ""),
            query="&".join(others), fragment=unquote(parts.fragment), options=own,
        )  # fmt: skip
        if parts.scheme.endswith("+http") and (found.user or found.password) and not found.is_loopback:
            raise ValueError("it would send a password without encryption; use https")
        return found

    @property
    def transport(self) -> str:
        """`https` of `tsa+https`."""
        return self.scheme.rpartition("+")[2]

    @property
    def hostname(self) -> str:
        """The host without the port."""
        return urlsplit(f"//{self.host}").hostname or ""

    @property
    def has_port(self) -> bool:
        """Whether the URL names a port."""
        return urlsplit(f"//{self.host}").port is not None

    @property
    def is_loopback(self) -> bool:
        """Whether this machine is meant."""
        try:
            return self.hostname == "localhost" or ipaddress.ip_address(self.hostname).is_loopback
        except ValueError:
            return False

    @property
    def target(self) -> str:
        """What to speak to, without user and password."""
        return f"{self.transport}://{self.host}{self.path}" + (f"?{self.query}" if self.query else "")

    @property
    def shown(self) -> str:
        """The URL as everybody may see it."""
        return f"{self.scheme}://{self.host}{self.path}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may show: user, password and the sink's own query, also as the URL spells them."""
        raw = [self.password, self.user, self.query, *(pair.partition("=")[2] for pair in self.query.split("&"))]
        spelled = [quote(text, safe="") for text in raw] + [unquote(text) for text in raw]
        return tuple({text for text in raw + spelled if len(text) >= _SHORTEST_SECRET})

    def number(self, name: str, lowest: float, default: float | None = None) -> float | None:
        """An option that is a number. Raises ValueError."""
        text = self.options.get(name)
        if text is None:
            return default
        try:
            found = float(text)
        except ValueError:
            found = float("nan")
        if not lowest <= found < 1e9:
            raise ValueError(f"{name} is a number of at least {lowest:g}")
        return found

    def flag(self, name: str) -> bool:
        """An option that is 1 or 0. Raises ValueError."""
        text = self.options.get(name, "0")
        if text not in ("0", "1"):
            raise ValueError(f"{name} is 1 or 0")
        return text == "1"

    def fingerprint(self) -> str:
        """Tells this URL from others without showing it."""
        return hashlib.sha256(f"{self.target} {self.user}".encode()).hexdigest()[:6]


def unusable(number: int, kind: str, why: str, form: str) -> UsageError:
    """The error of a sink that can't be used as it is written."""
    which = f"Sink {number} of AUDITLENS_ANCHORS" + (f" ({kind})" if kind else "")
    return UsageError(f"{which} can't be used: {why}.", f"It is written {form}")
