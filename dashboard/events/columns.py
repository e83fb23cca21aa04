"""The data dictionary: every column of the relation `events`, in order, with its type and what it means."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

TIME = pl.Datetime("us", "UTC")
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of `events`."""

    dtype: pl.DataType | type[pl.DataType]
    meaning: str
    label: str = ""  # as the page and the details write it


COLUMNS: Mapping[str, Column] = {
    "seq": Column(pl.Int64, "place in the log, from 0; the leaf index", "Seq"),
    "id": Column(pl.Int64, "id of the event; a decimal string in JSON", "Id"),
    "occurred_at": Column(TIME, "when it happened, as the source claims", "Timestamp"),
    "recorded_at": Column(TIME, "when we recorded it", "Recorded at"),
    "actor": Column(pl.String, "who acted; null for the system, for somebody unknown, and when erased", "Actor"),
    "actor_id": Column(pl.String, "opaque id of the actor", "Actor id"),
    "actor_type": Column(pl.String, "user, admin, token, system or anonymous", "Actor type"),
    "category": Column(pl.String, "what part of the service", "Category"),
    "action": Column(pl.String, "what was done", "Action"),
    "outcome": Column(pl.String, "success, failure or unknown", "Outcome"),
    "description": Column(pl.String, "what was done, in words of the source; null only when erased", "Description"),
    "target": Column(pl.String, "what it was done to", "Target"),
    "source_ip": Column(pl.String, "the address it came from", "IP Address"),
    "region": Column(pl.String, "where that address is, decided once, when sealed", "Region"),
    "country": Column(pl.String, "ISO 3166-1 code of the address's country, decided when sealed", "Country"),
    "geo_source": Column(
        pl.String, "who says so: database name and date, or 'reported' by the source", "Region source"
    ),
    "user_agent": Column(pl.String, "the client program, as it names itself", "User agent"),
    "reported_region": Column(pl.String, "the place as the source reported it", "Reported region"),
    "source": Column(pl.String, "where the event came from", "Source"),
    "native_id": Column(pl.String, "its id there", "Native id"),
    "source_seq": Column(pl.Int64, "the producer's own counter", "Source seq"),
    "request_id": Column(pl.String, "the request it belongs to", "Request id"),
    "details": Column(pl.String, "JSON text, exactly as stored", "Details"),
    "db_role": Column(pl.String, "the database login that appended it", "Database role"),
    "imported": Column(pl.Boolean, "came by an import, after the fact", "Imported"),
    "clock": Column(pl.String, "ahead or behind: the claimed time contradicts recorded_at; else null", "Clock"),
    "erased": Column(pl.String, "groups erased on request, comma-separated; else null", "Erased"),
}

SCHEMA: Mapping[str, pl.DataType] = {name: column.dtype for name, column in COLUMNS.items()}  # type: ignore[misc]

TABLE_COLUMNS = ("actor", "category", "action", "description", "source_ip", "region", "occurred_at")
"""The seven columns of the page, in its order."""

CSV_COLUMNS = (*TABLE_COLUMNS, "outcome", "seq", "id")
"""The columns of a CSV file unless all are asked for."""


def moment(at: datetime) -> pl.Expr:
    """A time among a column's. As a literal it would take Polars two questions of its own, half a millisecond."""
    return pl.lit((at - _EPOCH) // _MICROSECOND).cast(TIME)
