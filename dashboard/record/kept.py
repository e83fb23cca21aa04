"""Reads what the log keeps of itself: seals, signed heads, copies, reports of verification, acknowledgements."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import psycopg

from dashboard.record.connect import driver_errors, sql
from dashboard.record.read import RecordReader
from dashboard.record.sealing import waiting
from dashboard.record.tree import Head, Signed, TreeRecord


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A report of verification as it is kept: `note` is signed, or should be."""

    number: int
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A sealed event that acknowledges a finding; who and why are None once its month is retired."""

    finding: str
    event_id: int
    seq: int
    at: datetime
    who: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Piece:
    """How often something happened to the log in five minutes."""

    at: datetime
    kind: str  # seal, checkpoint, copy, failed copy, verification, finding
    times: int
    reach: int | None  # the largest tree size among them


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands in the log."""

    seq: int
    leaf: bytes
    sealed_at: datetime
    signed: int | None  # the smallest signed tree that holds it


ACKNOWLEDGED = "acknowledged:"
"""What the native id of an acknowledging event begins with; the finding's name follows."""

_NEVER = 2**62


class KeptRecord:
    """One state of the database: what is written meanwhile is not seen. Some milliseconds for all of it."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._tree = TreeRecord(connection)

    @classmethod
    @contextmanager
    def of(cls, reader: RecordReader) -> Iterator[Self]:
        """A connection of the reader's pool for the block. Raises UnreachableError."""
        engine = reader.engine.execution_options(isolation_level="REPEATABLE READ")
        with driver_errors(), engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            yield cls(driver)

    def head(self) -> Head | None:
        """The newest seal."""
        return self._tree.head()

    def newest_checkpoint(self) -> Signed | None:
        """The newest signed head."""
        return self._tree.newest_checkpoint()

    def waiting(self) -> tuple[int, float]:
        """How many events wait for their seal, and for how many seconds the oldest has."""
        with driver_errors():
            return waiting(self._connection)

    def reports(self, after: int, before: int | None, limit: int) -> list[KeptReport]:
        """Reports with numbers between these two, newest first."""
        values = {"after": after, "before": before or _NEVER, "limit": limit}
        return [KeptReport(*row) for row in self._rows("ledger/verifications", values)]

    def findings(self, before: int) -> list[tuple[KeptReport, datetime]]:
        """Of all reports that found the same the first, and when the last of them was kept. Reads each report with
        findings, without opening it.
        """
        rows = self._rows("ledger/kept_findings", {"before": before})
        return [(KeptReport(number, at, note), last_at) for number, at, note, last_at in rows]

    def acknowledgements(self, findings: Sequence[str]) -> list[Acknowledgement]:
        """The sealed events that acknowledge these findings."""
        rows = self._rows("ledger/acknowledgements", {"native_ids": [ACKNOWLEDGED + name for name in findings]})
        return [Acknowledgement(native_id.removeprefix(ACKNOWLEDGED), *rest) for native_id, *rest in rows]

    def sealed_at(self, seq: int) -> datetime | None:
        """When the event at this place was sealed."""
        rows = self._rows("ledger/first_seal_beyond", {"seq": seq})
        return rows[0][0] if rows else None

    def place(self, event_id: int) -> Place | None:
        """Where an event stands; None when it is not sealed. Three index look-ups."""
        rows = self._rows("ledger/sealed_place", {"event_id": event_id})
        return Place(rows[0][0], bytes(rows[0][1]), *rows[0][2:]) if rows else None

    def erasures(self) -> tuple[int, int]:
        """How many requests erased how many groups of personal fields."""
        ((requests, groups),) = self._rows("ledger/erasures", {})
        return requests, groups

    def retired(self) -> tuple[tuple[int, int], ...]:
        """The places (start, stop) whose rows left the database by policy."""
        return tuple((start, stop) for start, stop in self._rows("ledger/retired_ranges", {}))

    def timeline(self, since: datetime) -> list[Piece]:
        """What happened to the log, counted in pieces of five minutes. Up to 0.2 s on a log that is sealed all day."""
        return [Piece(*row) for row in self._rows("ledger/timeline", {"since": since})]

    def _rows(self, name: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        with driver_errors():
            return self._connection.execute(sql(name).encode(), values).fetchall()
