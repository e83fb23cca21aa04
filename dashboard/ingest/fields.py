"""From the names and values of a foreign record to an AuditEvent: one table of names for every format.

Names. The words of the data dictionary (`occurred_at`, `source_ip`, …) or the labels that the page writes (`Timestamp`,
`IP Address`, …), in any order and case. `Timestamp (UTC)` says the zone of times that have none. `region` is what the
source reports of the place, unless `reported_region` is there too. What only a record can know (`id`, `seq`,
`recorded_at`, `country`, …) is accepted and set aside, so that our own exports come back.

Times as `dashboard.events.times` reads them. Outcome and kind of actor in the words of the vocabulary; no outcome: by
the action's name.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone, tzinfo
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dashboard.errors import InvalidEvent, UsageError
from dashboard.events.columns import COLUMNS
from dashboard.events.event import AuditEvent
from dashboard.events.times import parse_time
from dashboard.events.vocabulary import ActorType, Outcome

PRODUCER_FIELDS = frozenset(
    {
        "occurred_at", "category", "action", "actor", "actor_id", "actor_type", "outcome", "description", "target",
        "source_ip", "user_agent", "reported_region", "request_id", "source", "native_id", "source_seq", "details",
    }
)  # fmt: skip
SET_ASIDE = frozenset(COLUMNS) - PRODUCER_FIELDS - {"region"}
REQUIRED = ("category", "action", "occurred_at")
UTC_LABEL = "timestamp (utc)"
TIME_LABELS = frozenset({"timestamp", UTC_LABEL})
NOBODY = frozenset({"", "-", "—"})  # how a table of seven columns writes that there is no actor, address or place
MAY_BE_NOBODY = frozenset({"actor", "source_ip", "reported_region"})

_OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3]):?([0-5][0-9])")
_Word = TypeVar("_Word")
_BY_NAME = {column.label.casefold(): word for word, column in COLUMNS.items()} | {word: word for word in COLUMNS}
_BY_NAME[UTC_LABEL] = "occurred_at"
_OUTCOMES = {value.value: value for value in Outcome}
_ACTOR_TYPES = {value.value: value for value in ActorType}


def column_of(name: str) -> str | None:
    """The column that a header or key names, else None."""
    return _BY_NAME.get(name.strip().casefold())


@dataclass(frozen=True, slots=True)
class Names:
    """What the names of one header, or of one object's keys, mean."""

    fields: tuple[tuple[str, str], ...]  # (name as the file writes it, producer field)
    labelled: bool  # the page's labels: a table of seven columns, with its signs for "nobody"
    utc: bool  # the header says that times are UTC

    @classmethod
    def of(cls, names: Iterable[str]) -> "Names":
        """Reads the names. Raises InvalidEvent for one that is unknown, stands twice, or is required and missing."""
        columns: dict[str, str] = {}
        labels = set()
        for name in names:
            column = column_of(name)
            if column is None:
                raise InvalidEvent(name, "is not a name we know; what has no column of its own belongs under details")
            if column in columns:
                raise InvalidEvent(column, f"stands twice, as {columns[column][:64]!r} and as {name[:64]!r}")
            columns[column] = name
            labels.add(name.strip().casefold())
        if "region" in columns and "reported_region" not in columns:
            columns["reported_region"] = columns["region"]
        for required in REQUIRED:
            if required not in columns:
                raise InvalidEvent(required, "is missing")
        fields = tuple((name, column) for column, name in columns.items() if column in PRODUCER_FIELDS)
        return cls(fields, labelled=bool(labels & TIME_LABELS), utc=UTC_LABEL in labels)


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes events of checked texts; knows what the whole file has in common."""

    source: str  # of events that don't name one
    zone: tzinfo | None = None  # of times without one
    imported: bool = False

    def event(self, fields: dict[str, Any], zone: tzinfo | None = None) -> AuditEvent:
        """Takes producer fields as text or None (source_seq as int). Raises InvalidEvent naming the first bad field."""
        try:
            fields["occurred_at"] = parse_time(fields["occurred_at"] or "", zone=zone or self.zone)
        except ValueError as wrong:
            raise InvalidEvent("occurred_at", str(wrong)) from wrong
        if (outcome := fields.get("outcome")) is not None:
            fields["outcome"] = _word(_OUTCOMES, "outcome", outcome)
        if (actor_type := fields.get("actor_type")) is not None:
            fields["actor_type"] = _word(_ACTOR_TYPES, "actor_type", actor_type)
        for name in ("category", "action", "description"):
            if fields.get(name) is None:
                fields[name] = ""
        if fields.get("source") is None:
            fields["source"] = self.source
        return AuditEvent(**fields, imported=self.imported)


def zone_of(name: str | None) -> tzinfo | None:
    """The zone of an IANA name such as Europe/Istanbul, or of an offset such as +03:00. Raises UsageError."""
    if name is None or name == "UTC":
        return UTC if name else None
    if match := _OFFSET.fullmatch(name):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(-offset if match[1] == "-" else offset)
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError) as wrong:
        raise UsageError(f"{name!r} is not a time zone.", "Name one such as Europe/Istanbul, UTC or +03:00.") from wrong


def _word(words: Mapping[str, _Word], field: str, text: str) -> _Word:
    try:
        return words[text]
    except KeyError:
        raise InvalidEvent(field, f"{text[:64]!r} is not one of {', '.join(words)}") from None
