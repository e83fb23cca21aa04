"""Appends events: a batch is copied into a table of the session, then taken over by `audit_append_all` in the same
transaction.

An application that appends now and then calls `append`; whoever appends much holds an `Appender`.
"""

import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import psycopg

from dashboard.errors import UnreachableError
from dashboard.events.event import AuditEvent
from dashboard.record.connect import connect, driver_errors, sql

BATCH_EVENTS = 20_000
BATCH_BYTES = 16 * 1024 * 1024
_TRIES = 8
_FIELDS = (
    "occurred_at", "category", "action", "actor", "actor_id", "actor_type", "outcome", "description", "target",
    "source_ip", "user_agent", "reported_region", "request_id", "source", "native_id", "occurrence",
    "source_seq", "details", "original", "imported",
)  # fmt: skip
_TYPES = (
    "timestamptz", "text", "text", "text", "text", "text", "text", "text", "text", "text", "text",
    "text", "text", "text", "text", "int4", "int8", "text", "bytea", "bool",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a batch. `ids` and `conflicts` go by position in it; a conflict has the id of the event that holds
    the key.
    """

    accepted: int
    duplicates: int
    conflicts: tuple[int, ...]
    ids: tuple[int, ...]


NOTHING = Appended(0, 0, (), ())


class Appender:
    """A writer's connection. Every `append` is one transaction: all of its events are stored, or none."""

    def __init__(self, writer_url: str) -> None:
        self._connection = connect(writer_url, "writer")
        self._copy, self._append = sql("record/copy_submitted"), sql("record/append_submitted")
        with driver_errors():
            self._connection.execute("set client_min_messages = warning")
            self._connection.execute(sql("record/create_submitted").encode())

    def append(self, events: Sequence[AuditEvent]) -> Appended:
        """Stores each event once: a repeat is a duplicate; the same source and native_id with other content is a
        conflict.

        Keep a batch within BATCH_EVENTS and BATCH_BYTES. About 20 µs an event. Retries when two appenders lock each
        other out. Raises UnreachableError; then nothing of the batch is stored.
        """
        if not events:
            return NOTHING
        for attempt in range(1, _TRIES + 1):
            try:
                with driver_errors():
                    return self._try(events)
            except UnreachableError as wrong:
                if attempt == _TRIES or not isinstance(wrong.__cause__, psycopg.errors.DeadlockDetected):
                    raise
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - spreads the retries, no secret
        raise AssertionError("the loop returns or raises")

    def _try(self, events: Sequence[AuditEvent]) -> Appended:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            with cursor.copy(self._copy.encode()) as copy:
                copy.set_types(_TYPES)
                for event in events:
                    copy.write_row([getattr(event, name) for name in _FIELDS])
            rows = cursor.execute(self._append.encode()).fetchall()
        statuses = [row[2] for row in rows]
        return Appended(
            accepted=statuses.count("accepted"),
            duplicates=statuses.count("duplicate"),
            conflicts=tuple(row[0] - 1 for row in rows if row[2] == "conflict"),
            ids=tuple(row[1] for row in rows),
        )

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def in_batches(events: Iterable[AuditEvent]) -> Iterable[list[AuditEvent]]:
    """Cuts a stream into batches an Appender takes; only events with a large `original` make a batch shorter."""
    batch: list[AuditEvent] = []
    size_bytes = 0
    for event in events:
        batch.append(event)
        size_bytes += 512 + len(event.description) + len(event.original or b"") + len(event.details or "")
        if len(batch) >= BATCH_EVENTS or size_bytes >= BATCH_BYTES:
            yield batch
            batch, size_bytes = [], 0
    if batch:
        yield batch
