"""Reads the tree over the log and its signed heads, for signing, proving and verifying."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import psycopg

from dashboard.record.connect import connect, driver_errors, sql


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal: the tree that it left."""

    seal_no: int
    tree_size: int
    root: bytes
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class Signed:
    """A head that was signed."""

    tree_size: int
    root: bytes
    note: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class LeafLine:
    """An event's canonical line and leaf as PostgreSQL makes them, beside the leaf that was sealed."""

    seq: int
    line: str | None  # None, like `leaf`: a group was erased and its digest is not on record
    leaf: bytes | None
    sealed_leaf: bytes


class TreeRecord:
    """One connection's view of the tree. Raises UnreachableError when the database can't answer."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def open(cls, url: str, part: str) -> Iterator[Self]:
        """A connection of its own for the block, and in it one state: what is sealed meanwhile is not seen."""
        with driver_errors(), connect(url, part) as connection, connection.transaction():
            connection.execute("set transaction isolation level repeatable read, read only")
            yield cls(connection)

    def head(self) -> Head | None:
        """The newest seal; None before the first."""
        row = self._row("ledger/head")
        return None if row is None else Head(row[0], row[1], bytes(row[2]), row[3])

    def newest_checkpoint(self) -> Signed | None:
        """The newest signed head; None before the first."""
        row = self._row("ledger/newest_checkpoint")
        return None if row is None else Signed(row[0], bytes(row[1]), row[2], row[3])

    def tile(self, level: int, number: int, width: int) -> bytes:
        """The first `width` hashes of a tile, or more of them (`tlog.ReadTile`). Fewer when the record lacks them."""
        row = self._row("ledger/tile", {"level": level, "number": number})
        return bytes(row[0]) if row else b""

    def place_of_event(self, event_id: int) -> int | None:
        """An event's place in the log; None when it has none. One index look-up."""
        row = self._row("ledger/place_of_event", {"event_id": event_id})
        return None if row is None else int(row[0])

    def leaf_lines(self, start: int, stop: int) -> tuple[LeafLine, ...]:
        """What a stranger with psql alone finds for the events at start to stop, those of them that the record holds.

        About 50 µs of the database's time an event; every line is in memory at once.
        """
        with driver_errors():
            query = sql("ledger/leaf_lines").encode()
            rows = self._connection.execute(query, {"start": start, "stop": stop}).fetchall()
        return tuple(LeafLine(seq, line, leaf and bytes(leaf), bytes(sealed)) for seq, line, leaf, sealed in rows)

    def _row(self, name: str, values: Mapping[str, object] | None = None) -> tuple[Any, ...] | None:
        with driver_errors():
            return self._connection.execute(sql(name).encode(), values).fetchone()
