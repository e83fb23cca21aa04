"""What an event is before it is recorded: the fields its producer gives, checked."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from operator import attrgetter

from dashboard.errors import InvalidEvent
from dashboard.events.times import checked_time
from dashboard.events.vocabulary import ActorType, Outcome, outcome_of

KIB = 1024
LIMITS_BYTES = {
    "category": 256,
    "action": 256,
    "actor": KIB,
    "actor_id": KIB,
    "description": 16 * KIB,
    "target": 4 * KIB,
    "user_agent": 4 * KIB,
    "reported_region": KIB,
    "request_id": KIB,
    "source": 256,
    "native_id": KIB,
    "details": 64 * KIB,
    "original": 1024 * KIB,
}
REQUIRED = ("category", "action", "source")
_TEXTS = tuple(name for name in LIMITS_BYTES if name != "original")
_SHORTEST_LIMIT = min(LIMITS_BYTES.values())
_texts_of = attrgetter(*_TEXTS)
_LARGEST_JSON_INTEGER = 2**53 - 1
_LONGEST_CACHED_IP = 64  # characters; longer ones (blanks, zone ids) would let a hostile file fill the memory


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One action as its producer reports it. Construction checks every field; InvalidEvent names the first bad one."""

    occurred_at: datetime  # claimed by the source; aware, kept in UTC, microseconds
    category: str
    action: str
    actor: str | None = None  # None: nobody acted (system), or somebody without a name
    actor_id: str | None = None  # opaque: never a name or an address
    actor_type: ActorType | None = None  # default: system without an actor, else user
    outcome: Outcome | None = None  # default: by the action's name
    description: str = ""
    target: str | None = None
    source_ip: str | None = None  # canonical text; an IPv4-mapped address becomes IPv4, a zone id goes
    user_agent: str | None = None
    reported_region: str | None = None  # what the source itself says of the place
    request_id: str | None = None
    source: str = "append"  # where the event came from
    native_id: str | None = None  # its id there; None: the record makes one of the content
    occurrence: int = 1  # without a native_id: this is the k-th identical event of its file
    source_seq: int | None = None  # the producer's own counter
    details: str | None = None  # JSON text, kept exactly as it is
    original: bytes | None = None  # the foreign line, byte for byte
    imported: bool = False  # reported after the fact, by a person; a late time is expected

    def __post_init__(self) -> None:
        fix = object.__setattr__
        try:
            fix(self, "occurred_at", checked_time(self.occurred_at))
        except ValueError as wrong:
            raise InvalidEvent("occurred_at", str(wrong)) from wrong
        texts = _texts_of(self)
        together = "".join(filter(None, texts))
        if len(together) > _SHORTEST_LIMIT or not together.isascii() or "\0" in together:  # most events pass at once
            for name, value in zip(_TEXTS, texts, strict=True):
                if value is not None:
                    _check_text(name, value)
        for name in REQUIRED:
            if not getattr(self, name).strip():
                raise InvalidEvent(name, "is empty")
        if self.original is not None and len(self.original) > LIMITS_BYTES["original"]:
            raise InvalidEvent("original", "is longer than 1 MiB")
        if self.source_ip is not None:
            fix(self, "source_ip", canonical_ip(self.source_ip))
        if self.source_seq is not None and not 0 <= self.source_seq <= _LARGEST_JSON_INTEGER:
            raise InvalidEvent("source_seq", "lies outside 0 to 2^53 - 1")
        fix(self, "actor_type", self._checked_actor_type())
        fix(self, "outcome", _outcome_of(self.action) if self.outcome is None else Outcome(self.outcome))

    def _checked_actor_type(self) -> ActorType:
        if self.actor_type is None:
            return ActorType.SYSTEM if self.actor is None and self.actor_id is None else ActorType.USER
        if self.actor_type == ActorType.SYSTEM and self.actor is not None:
            raise InvalidEvent("actor_type", "is system, but an actor is named")
        return ActorType(self.actor_type)


_outcome_of = lru_cache(maxsize=4096)(outcome_of)  # a log has few actions and many events; each at most 256 bytes here


def _check_text(name: str, value: str) -> None:
    if "\0" in value:
        raise InvalidEvent(name, "holds the character U+0000, which no database keeps as text")
    try:
        size_bytes = len(value.encode())
    except UnicodeEncodeError as wrong:
        raise InvalidEvent(name, "holds half a surrogate pair, which is not a character") from wrong
    if size_bytes > LIMITS_BYTES[name]:
        raise InvalidEvent(name, f"is {size_bytes:,} bytes long; the limit is {LIMITS_BYTES[name]:,}")


def canonical_ip(text: str) -> str:
    """The address as we keep it: RFC 5952 text, IPv4-mapped IPv6 as IPv4, no zone id. Raises InvalidEvent."""
    try:
        return _canonical_ip(text) if len(text) <= _LONGEST_CACHED_IP else _canonical_ip.__wrapped__(text)
    except ValueError as wrong:
        raise InvalidEvent("source_ip", f"{text[:64]!r} is not an IP address") from wrong


@lru_cache(maxsize=65_536)  # about 10 MiB when full; addresses repeat, and parsing one costs as much as all the rest
def _canonical_ip(text: str) -> str:
    address = ip_address(text.strip().partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(address)
