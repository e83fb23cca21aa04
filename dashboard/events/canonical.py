"""The leaf of an event, format version 1: what is hashed, byte for byte, so that anyone can do it again. LEAF_FORMAT.md
beside this file says it for those who read no Python, with examples.

    leaf = SHA-256(0x00 || line)        line = RFC 8785 (JCS) text of the object that `leaf_line` makes

Every key is always there. Clear fields stand as they are; a personal group enters only as `SHA-256(JCS([salt, group,
value]))` in hexadecimal under `sd`, so it can be withheld or erased without touching the leaf. The values: actor,
target, description, details: the text or null · client: {"ip","reported_region","user_agent"} · original: {"sha256": of
its bytes} or null · place: {"country","geo_source","region"}. Ids are decimal strings, times are `YYYY-MM-
DDTHH:MM:SS.ffffffZ`, salts are 32 hexadecimal digits.

JCS sorts keys by UTF-16 and escapes as ECMAScript does; with the fixed ASCII keys here, and for strings, Python's C
encoder writes the same bytes, at a tenth of the cost of a general implementation.
"""

import hashlib
from json.encoder import encode_basestring as _escaped
from typing import NamedTuple

LEAF_VERSION = 1
GROUPS = ("actor", "client", "description", "details", "original", "place", "target")
_sha256 = hashlib.sha256


class LeafInput(NamedTuple):
    """What a leaf is made of but for the place. Salts are hexadecimal; null = erased."""

    id: int
    recorded_at: str
    db_role: str
    occurred_at: str
    category: str
    action: str
    outcome: str
    actor_type: str
    actor_id: str | None
    source: str
    native_id: str
    source_seq: int | None
    request_id: str | None
    imported: bool
    actor: str | None
    source_ip: str | None
    user_agent: str | None
    reported_region: str | None
    target: str | None
    description: str | None
    details: str | None
    original_sha256: str | None
    actor_salt: str | None
    client_salt: str | None
    target_salt: str | None
    description_salt: str | None
    details_salt: str | None
    original_salt: str | None


class PlaceInput(NamedTuple):
    """The group `place`, which the sealer adds."""

    region: str | None
    country: str | None
    geo_source: str | None
    salt: str | None


def _text(value: str | None) -> str:
    return "null" if value is None else _escaped(value)


def disclosures(event: LeafInput, place: PlaceInput) -> dict[str, str]:
    """The JCS text of `[salt, group, value]` of every group that is not erased."""
    original = "null" if event.original_sha256 is None else f'{{"sha256":"{event.original_sha256}"}}'
    client = (
        f'{{"ip":{_text(event.source_ip)},"reported_region":{_text(event.reported_region)},'
        f'"user_agent":{_text(event.user_agent)}}}'
    )
    where = (
        f'{{"country":{_text(place.country)},"geo_source":{_text(place.geo_source)},"region":{_text(place.region)}}}'
    )
    told = (
        ("actor", event.actor_salt, _text(event.actor)),
        ("client", event.client_salt, client),
        ("description", event.description_salt, _text(event.description)),
        ("details", event.details_salt, _text(event.details)),
        ("original", event.original_salt, original),
        ("place", place.salt, where),
        ("target", event.target_salt, _text(event.target)),
    )
    return {group: f'["{salt}","{group}",{value}]' for group, salt, value in told if salt is not None}


def leaf_line(event: LeafInput, place: PlaceInput, erased: dict[str, str] | None = None) -> str:
    """The canonical line. `erased` gives the digest (hexadecimal) of each group whose salt is gone."""
    told = disclosures(event, place)
    digests = ",".join(
        f'"{group}":"{_sha256(told[group].encode()).hexdigest() if group in told else (erased or {})[group]}"'
        for group in GROUPS
    )
    return (
        f'{{"action":{_escaped(event.action)},"actor_id":{_text(event.actor_id)},"actor_type":"{event.actor_type}",'
        f'"category":{_escaped(event.category)},"db_role":{_escaped(event.db_role)},"id":"{event.id}",'
        f'"imported":{"true" if event.imported else "false"},"native_id":{_escaped(event.native_id)},'
        f'"occurred_at":"{event.occurred_at}","outcome":"{event.outcome}","recorded_at":"{event.recorded_at}",'
        f'"request_id":{_text(event.request_id)},"sd":{{{digests}}},"source":{_escaped(event.source)},'
        f'"source_seq":{"null" if event.source_seq is None else event.source_seq},"v":{LEAF_VERSION}}}'
    )


def leaf_hash(line: str) -> bytes:
    """RFC 6962's leaf hash of the line: 32 bytes."""
    return _sha256(b"\0" + line.encode()).digest()
