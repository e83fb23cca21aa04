"""Reads the record as Polars frames: a range of the log through COPY, which is six times as fast as rows."""

import io
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
import psycopg
from sqlalchemy import Engine, text

from dashboard.errors import DamagedError
from dashboard.events.columns import SCHEMA, TIME
from dashboard.record.connect import driver_errors, reading_engine, sql
from dashboard.record.sealing import waiting
from dashboard.record.tree import TreeRecord

SALTS = ("actor_salt", "client_salt", "description_salt", "details_salt", "original_salt", "place_salt", "target_salt")
EVIDENCE_SCHEMA = pl.Schema(
    {
        "seq": pl.Int64,
        "id": pl.Int64,
        "leaf_v": pl.Int16,
        "leaf": pl.Binary,
        **dict.fromkeys(SALTS, pl.Binary),
        "original": pl.Binary,
    }
)
"""What proofs need and no view reads: one row a leaf."""

_HEX = ("leaf", *SALTS, "original")
_READ_AS = {
    **{
        name: pl.Int64 if dtype == TIME else pl.String if dtype == pl.Boolean else dtype
        for name, dtype in SCHEMA.items()
    },
    "leaf_v": pl.Int16,
    **dict.fromkeys(_HEX, pl.String),
}


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """Which log a database holds."""

    log_id: str
    demo: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """A submission that was refused because its key belongs to an event that says something else."""

    id: int
    at: datetime
    event_id: int
    source: str
    native_id: str


@dataclass(frozen=True, slots=True)
class State:
    """What can be looked at: how many events are sealed, and a number that grows whenever something was erased."""

    tree_size: int
    erasures: int


@dataclass(frozen=True, slots=True)
class OpenErasure:
    """An erasure that is not complete outside the record: what is still to be emptied."""

    erasure_no: int
    archive: bool
    files: bool


@dataclass(frozen=True, slots=True)
class RetiredMonth:
    """A month whose rows only the archive holds."""

    month: str  # YYYY-MM
    ranges: tuple[tuple[int, int], ...]  # start <= seq < stop
    rows: int


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the record."""

    month: str  # YYYY-MM
    rows: int
    in_default: int  # rows in the default partition: they can't be retired
    held: str | None  # why it may not be retired


class RecordReader:
    """A reader's pool of connections to one record. Close it when done."""

    def __init__(self, reader_url: str) -> None:
        self.engine: Engine = reading_engine(reader_url)

    def identity(self) -> LogIdentity:
        """Which log this is. Raises UnreachableError when the database is not set up."""
        with driver_errors(), self.engine.connect() as connection:
            row = connection.execute(text(sql("record/log_identity"))).one()
            return LogIdentity(log_id=row[0], demo=row[1])

    def tree_size(self) -> int:
        """How many events are sealed: the newest `as_of`. One index look-up."""
        with driver_errors(), self.engine.connect() as connection:
            return int(connection.execute(text(sql("record/tree_size"))).scalar_one())

    def state(self) -> State:
        """The newest state. Two index look-ups, one table of a row an erasure."""
        with driver_errors(), self.engine.connect() as connection:
            row = connection.execute(text(sql("record/state"))).one()
            return State(int(row[0]), int(row[1]))

    def erased_groups(self, first: int = 0) -> pl.DataFrame:
        """The groups erased with a record, from that erasure on: seq, event_id, grp; in the order of the log."""
        schema = {"seq": pl.Int64, "event_id": pl.Int64, "grp": pl.String}
        return pl.DataFrame(self.rows("record/erased_groups", {"first": first}), schema=schema, orient="row")

    def erased_digests(self) -> dict[tuple[int, str], str]:
        """(event id, group) -> digest in hexadecimal, of every group erased with a record."""
        return {(row[0], row[1]): row[2] for row in self.rows("record/erased_digests")}

    def open_erasures(self) -> tuple[OpenErasure, ...]:
        """The erasures that are not complete."""
        return tuple(OpenErasure(*row) for row in self.rows("record/open_erasures"))

    def submissions(self) -> list[tuple[int, str]]:
        """The quarantined submissions: id, JSON text."""
        return [(int(row[0]), str(row[1])) for row in self.rows("record/submissions")]

    def retired(self) -> tuple[RetiredMonth, ...]:
        """The months that left PostgreSQL."""
        return tuple(RetiredMonth(row[0], _ranges(row[1]), row[2]) for row in self.rows("record/retired"))

    def months(self, before: datetime) -> tuple[Month, ...]:
        """The months that the record holds events of, recorded before a time. Counts: seconds on a large record."""
        return tuple(Month(*row) for row in self.rows("record/months", {"before": before}))

    def places_of_month(self, first: datetime, beyond: datetime) -> list[tuple[int, bytes]]:
        """Place and leaf of each sealed event of a month. Looks at all places: about a second a million."""
        return [
            (row[0], bytes(row[1])) for row in self.rows("record/places_of_month", {"first": first, "beyond": beyond})
        ]

    def view_texts(self) -> list[tuple[int, str]]:
        """The texts of each saved view, in which a person can be named: its number, and all of them on lines."""
        return [
            (int(number), "\n".join(text for text in texts if text))
            for number, *texts in self.rows("record/view_texts")
        ]

    def rows(self, name: str, values: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """What one file of `queries/` gives."""
        with driver_errors(), self.engine.connect() as connection:
            return _driver(connection.connection).execute(sql(name).encode(), values).fetchall()

    def root(self) -> bytes | None:
        """The root hash of the newest seal's tree; None before the first. One index look-up."""
        with driver_errors(), self.engine.connect() as connection:
            found = connection.execute(text(sql("record/root"))).scalar_one_or_none()
            return None if found is None else bytes(found)

    def checkpoint(self) -> str | None:
        """The newest signed head, a C2SP checkpoint; None before the first."""
        with driver_errors(), self.engine.connect() as connection:
            signed = TreeRecord(_driver(connection.connection)).newest_checkpoint()
            return None if signed is None else signed.note

    def waiting(self) -> tuple[int, float]:
        """How many events are recorded but not sealed, and for how many seconds the oldest has been."""
        with driver_errors(), self.engine.connect() as connection:
            return waiting(_driver(connection.connection))

    def counts(self) -> tuple[int, int]:
        """How many events the record holds, sealed or not, and how many conflicts it kept. Counts all: seconds on a
        large record.
        """
        with driver_errors(), self.engine.connect() as connection:
            row = connection.execute(text(sql("record/counts"))).one()
            return int(row[0]), int(row[1])

    def event_id(self, seq: int) -> int | None:
        """The id of the event at a place of the log, or None when the place is not given. One index look-up."""
        with driver_errors(), self.engine.connect() as connection:
            found = connection.execute(
                text("select event_id from sealed where seq = :seq"), {"seq": seq}
            ).scalar_one_or_none()
            return None if found is None else int(found)

    def sealed_range(self, start: int, stop: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The events with `start <= seq < stop` in order, and their evidence. About 3 µs and 1 KiB an event.

        Raises DamagedError when the record does not hold all of them.
        """
        with driver_errors(), self.engine.connect() as connection:
            frame = _copied(_driver(connection.connection), start, stop)
        if frame.height != stop - start or (frame.height and (frame["seq"][0], frame["seq"][-1]) != (start, stop - 1)):
            self._refuse_retired(start, stop)
            raise DamagedError(
                f"The record holds {frame.height:,} of the {stop - start:,} events from seq {start:,} to {stop - 1:,}.",
                "Sealed events were removed from the database. Stop writing, and keep a copy of the disk.",
            )
        return frame.select(*SCHEMA), frame.select(*EVIDENCE_SCHEMA)

    def _refuse_retired(self, start: int, stop: int) -> None:
        for month in self.retired():
            if any(first < stop and start < last for first, last in month.ranges):
                raise DamagedError(
                    f"The events of {month.month} were retired from the database, and the archive lacks them.",
                    "The archive is their only copy: restore it from a backup.",
                )

    def close(self) -> None:
        self.engine.dispose()


def _ranges(multirange: str) -> tuple[tuple[int, int], ...]:
    return tuple((int(start), int(stop)) for start, stop in re.findall(r"\[(\d+),(\d+)\)", multirange))


def _driver(pooled: object) -> "psycopg.Connection[tuple[object, ...]]":
    connection = getattr(pooled, "driver_connection", None)
    assert isinstance(connection, psycopg.Connection)
    return connection


def _copied(connection: "psycopg.Connection[tuple[object, ...]]", start: int, stop: int) -> pl.DataFrame:
    span = connection.execute(sql("record/sealed_bounds").encode(), {"start": start, "stop": stop}).fetchone()
    if span is None or span[0] is None:
        return pl.DataFrame(schema=_READ_AS).pipe(_typed)
    bounds = {
        "start": start,
        "stop": stop,
        "first_id": span[0],
        "last_id": span[1],
        "first_at": span[2],
        "last_at": span[3],
    }
    # A word that nobody can have written: text equal to the mark of null would come back as null.
    null = f"null-{secrets.token_hex(16)}"
    buffer = io.BytesIO()
    statement = (
        f"copy ({sql('record/sealed_range')}) to stdout (format csv, header false, force_quote *, null '{null}')"
    )
    with connection.cursor() as cursor, cursor.copy(statement.encode(), bounds) as copy:
        for piece in copy:
            buffer.write(piece)
    buffer.seek(0)
    return pl.read_csv(
        buffer,
        has_header=False,
        schema=_READ_AS,
        null_values=null,
        encoding="utf8",
        truncate_ragged_lines=False,
        low_memory=False,
    ).pipe(_typed)


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    times = [pl.col(name).cast(TIME) for name, dtype in SCHEMA.items() if dtype == TIME]
    return frame.with_columns(*times, pl.col("imported") == "t", *(pl.col(name).str.decode("hex") for name in _HEX))
