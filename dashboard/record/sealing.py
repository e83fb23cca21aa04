"""The record's side of sealing: exactly the events committed since the last seal, and one transaction to give them
their places.

What is new is the difference of two snapshots: transactions that had not begun at the last seal, and those still open
then. So an append never waits, and no event is passed over because its transaction committed late.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Self

import polars as pl
import psycopg

from dashboard.errors import DamagedError, UnreachableError
from dashboard.record.anchors import AnchorRecord
from dashboard.record.connect import connect, driver_errors, sql
from dashboard.record.copying import canonical_time, copied, copy_in, hexadecimal
from dashboard.record.tree import TreeRecord

_LOCK = 7_022_364_301_936_420_213
MIRROR_LOCK = _LOCK + 2
_ANCHOR_LOCK = _LOCK + 3
_FETCH = 20_000


@dataclass(frozen=True, slots=True)
class SnapshotText:
    """PostgreSQL's pg_snapshot, `xmin:xmax:xip,…`: every transaction below xmax has ended, except xip."""

    xmax: int
    xip: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> Self:
        _, xmax, xip = text.split(":")
        return cls(int(xmax), frozenset(int(x) for x in xip.split(",") if x))

    def __str__(self) -> str:
        return f"{min(self.xip | {self.xmax})}:{self.xmax}:{','.join(map(str, sorted(self.xip)))}"


EVENTS = pl.Schema(
    {
        **dict.fromkeys(
            (
                "tx", "id", "recorded_at", "db_role", "occurred_at", "category", "action", "outcome", "actor_type",
                "actor_id", "source", "native_id", "source_seq", "request_id", "imported", "actor", "source_ip",
                "user_agent", "reported_region", "target", "description", "details", "original_sha256", "actor_salt",
                "client_salt", "target_salt", "description_salt", "details_salt", "original_salt",
            ),
            pl.String,
        ),
        "id": pl.Int64,
        "source_seq": pl.Int64,
    }
)  # fmt: skip
"""What a seal reads of an event: all of its leaf but the place. Times as the leaf's line writes them, salts and
`original_sha256` as hexadecimal, `imported` as a truth value."""

PLACES = ("seq", "event_id", "recorded_at", "leaf", "region", "country", "geo_source", "place_salt")
"""What a seal writes of an event: a row of the table `sealed`, `leaf` and `place_salt` as hexadecimal."""

_BYTES = tuple(name for name in EVENTS if name.endswith(("_salt", "_sha256")))


@dataclass(frozen=True, slots=True)
class LastSeal:
    """Where the last seal ended; all zero before the first."""

    seal_no: int = 0
    tree_size: int = 0
    snapshot: SnapshotText = SnapshotText(0, frozenset())
    root: bytes | None = None


class Seal:
    """One seal under way: read `events`, write each one's place in the same order, and let the transaction commit."""

    def __init__(
        self, cursor: "psycopg.Cursor[tuple[object, ...]]", events: Iterator[pl.DataFrame], last: "LastSeal"
    ) -> None:
        self._cursor = cursor
        self.events = events  # batches, columns as EVENTS
        self.tree_size = last.tree_size  # before, then after
        self.root = last.root  # before (None: nothing was sealed yet), then after
        self.more = False  # a backlog was cut: seal again at once

    def edges(self) -> list[bytes]:
        """The right edge of the tree as the last seal left it, level by level."""
        return [bytes(row[0]) for row in self._cursor.execute(sql("ledger/tree_edges").encode()).fetchall()]  # type: ignore[call-overload]

    def write_tree(self, tiles: Iterable[tuple[int, int, bytes]], edges: Sequence[bytes], root: bytes) -> None:
        """Writes what the new leaves did to the tree: full tiles (level, number, hashes), its edge, its root."""
        with self._cursor.copy(sql("ledger/copy_tiles").encode()) as copy:
            copy.set_types(["int2", "int8", "bytea"])
            for tile in tiles:
                copy.write_row(tile)
        for level, hashes in enumerate(edges):
            self._cursor.execute(sql("ledger/upsert_tree_edge").encode(), {"level": level, "hashes": hashes})
        self.root = root

    def write(self, places: pl.DataFrame) -> None:
        """Writes places, columns as PLACES; each continues the last one's `seq`."""
        seqs = places["seq"].to_list()
        if seqs != list(range(self.tree_size, self.tree_size + len(seqs))):
            raise AssertionError(f"places from {seqs[:1]} do not follow {self.tree_size - 1}")
        as_bytea = (pl.concat_str(pl.lit("\\x"), name).alias(name) for name in ("leaf", "place_salt"))
        copy_in(self._cursor, sql("ledger/copy_sealed"), places.select(PLACES).with_columns(*as_bytea))
        self.tree_size += len(seqs)


@contextmanager
def holding(connection: psycopg.Connection, lock: int) -> Iterator[bool]:
    """Holds a lock of the session for the block, unless another session has it; the end of the session frees it."""
    with driver_errors():
        row = connection.execute("select pg_try_advisory_lock(%s)", (lock,)).fetchone()
        mine = bool(row and row[0])
    try:
        yield mine
    finally:
        if mine and not connection.broken:
            with driver_errors():
                connection.execute("select pg_advisory_unlock(%s)", (lock,))


@contextmanager
def mirroring_alone(connection: psycopg.Connection, patience_s: float = 120.0) -> Iterator[None]:
    """Holds the mirror's lock for the block; waits for whoever has it. Raises UnreachableError when it takes longer."""
    began = time.monotonic()
    while True:
        with holding(connection, MIRROR_LOCK) as mine:
            if mine:
                yield
                return
        if time.monotonic() - began > patience_s:
            raise UnreachableError(
                "Another process has been writing the archive all the while.", "Try again in some minutes."
            )
        time.sleep(0.1)


class SealingRecord:
    """The sealer's connection."""

    def __init__(self, sealer_url: str) -> None:
        self._connection = connect(sealer_url, "sealer", autocommit=True)

    def mirroring(self) -> AbstractContextManager[bool]:
        """Holds the mirror's lock for the block; False when another process holds it."""
        return self._holding(MIRROR_LOCK)

    def mirroring_alone(self) -> AbstractContextManager[None]:
        """As `mirroring`; waits for two minutes."""
        return mirroring_alone(self._connection)

    @contextmanager
    def anchoring(self) -> Iterator[AnchorRecord | None]:
        """Holds the anchors' lock for the block and gives tree and tries; None when another process holds it."""
        with self._holding(_ANCHOR_LOCK) as mine:
            yield AnchorRecord(self._connection) if mine else None

    def _holding(self, lock: int) -> AbstractContextManager[bool]:
        return holding(self._connection, lock)

    @contextmanager
    def signing(self) -> Iterator[TreeRecord | None]:
        """Holds the sealer's lock for the block and gives the tree; None when another sealer is at work."""
        with self._holding(_LOCK) as mine:
            yield TreeRecord(self._connection) if mine else None

    def is_mine(self) -> bool:
        """Whether this session still holds the sealer's lock."""
        with driver_errors():
            row = self._connection.execute(sql("ledger/lock_is_mine").encode(), {"lock": _LOCK}).fetchone()
            return bool(row and row[0])

    def keep_checkpoint(self, tree_size: int, root: bytes, note: str) -> None:
        """Keeps a signed head; it is on disk when this returns."""
        self._insert("ledger/insert_checkpoint", {"tree_size": tree_size, "root": root, "note": note})

    def keep_anchor(self, sink: str, tree_size: int, root: bytes, *, receipt: str | None, error: str | None) -> None:
        """Keeps one try to put a checkpoint into a sink: its receipt as JSON, or why there is none."""
        values = {"sink": sink, "tree_size": tree_size, "root": root, "receipt": receipt, "error": error}
        self._insert("ledger/insert_anchor", values)

    def keep_verification(self, findings: int, report: str) -> None:
        """Keeps a signed report of verification."""
        self._insert("ledger/insert_verification", {"findings": findings, "report": report})

    def own_keys(self, native_ids: Sequence[str]) -> set[str]:
        """Which of our own events, by their ids, there are already."""
        with driver_errors():
            rows = self._connection.execute(
                sql("ledger/own_keys").encode(), {"native_ids": list(native_ids)}
            ).fetchall()
            return {row[0] for row in rows}

    def _insert(self, name: str, values: dict[str, object]) -> None:
        with driver_errors(), self._connection.transaction():
            self._connection.execute("set local synchronous_commit = on")
            self._connection.execute(sql(name).encode(), values)

    def add_months(self) -> int:
        """Makes the partitions of the next twelve months; says how many were missing."""
        with driver_errors():
            row = self._connection.execute("select audit_add_months()").fetchone()
            return int(row[0]) if row else 0

    @contextmanager
    def sealing(self, limit: int, *, rebase: bool = False) -> Iterator[Seal | None]:
        """One REPEATABLE READ transaction that takes up to about `limit` new events; None when another sealer is at
        work or nothing is new.

        With `rebase`, new is whatever has no place, found by comparing everything: the way on after a restore into
        another server. Raises DamagedError when the database is not the one that was sealed last, UnreachableError on a
        standby.
        """
        # The lock comes before the transaction: a snapshot older than the lock would miss the last seal.
        with self._holding(_LOCK) as mine:
            if not mine:
                yield None
                return
            with driver_errors(), self._connection.transaction():
                self._connection.execute("set transaction isolation level repeatable read")
                self._connection.execute("set local synchronous_commit = on")
                yield from self._one(limit, rebase)

    def moved(self) -> LastSeal | None:
        """The last seal, when the database was restored into another server since: its transaction ids tell nothing."""
        with driver_errors(), self._connection.transaction():
            self._connection.execute("set transaction isolation level repeatable read, read only")
            last, current, system_id, sealed_on = self._state()
            return last if self._moved(last, current, system_id, sealed_on) else None

    def _one(self, limit: int, rebase: bool) -> Iterator[Seal | None]:
        sealed, current, system_id, sealed_on = self._state()
        if not rebase and self._moved(sealed, current, system_id, sealed_on):
            raise DamagedError(
                "This database was restored into another server since the last seal: its transaction ids tell nothing.",
                "If the restore was meant, run `auditlens seal --rebase` once: it compares everything.",
            )
        batches, covered = (self._forgotten(), current) if rebase else self._new(sealed.snapshot, current, limit)
        first = next(batches, None)
        if first is None:
            yield None
            return
        with self._connection.cursor() as writer:
            seal = Seal(writer, chain([first], batches), sealed)
            seal.more = covered.xmax < current.xmax
            yield seal
        self._connection.execute(
            sql("ledger/insert_seal").encode(),
            {
                "seal_no": sealed.seal_no + 1, "tree_size": seal.tree_size, "system_id": system_id, "root": seal.root,
                "snapshot": str(covered),
            },
        )  # fmt: skip

    def _new(
        self, last: SnapshotText, current: SnapshotText, limit: int
    ) -> tuple[Iterator[pl.DataFrame], SnapshotText]:
        """The events of the next bite, and the snapshot that they complete. A bite in which all have their places
        already, which only a restored log knows, is passed over.
        """
        while True:
            stop, frames = current.xmax, self._unsealed(last, current.xmax, min(_FETCH, limit))
            head = next(frames, None)
            if head is not None and head.height >= min(_FETCH, limit):  # a backlog; else it is all of what is new
                stop = self._cut(last.xmax, current.xmax, limit)
                head, frames = None, self._unsealed(last, stop, _FETCH)
            open_still = (last.xip & current.xip) | {x for x in current.xip if last.xmax <= x < stop}
            covered = SnapshotText(stop, frozenset(open_still))
            batches = self._without_places(frames if head is None else chain([head], frames))
            first = next(batches, None)
            if first is not None:
                return chain([first], batches), covered
            if stop >= current.xmax:
                return iter(()), covered
            last = covered

    def _unsealed(self, last: SnapshotText, stop: int, size: int) -> Iterator[pl.DataFrame]:
        """The events committed between the seal and `stop`, in frames of `size`; only the last one is shorter."""
        after_tx, after_id = "0", 0
        while True:
            values = {**_between(last, stop), "after_tx": after_tx, "after_id": after_id, "limit": size}
            frame = self._events("ledger/unsealed_events", values)
            if not frame.is_empty():
                yield frame
            if frame.height < size:
                return
            after_tx, after_id = frame["tx"][-1], frame["id"][-1]

    def _without_places(self, frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Those without a place: in a restored log a new transaction can have the id of one sealed elsewhere."""
        row = self._connection.execute(sql("ledger/newest_sealed_event").encode()).fetchone()
        newest = (row and row[0]) or 0
        for events in frames:
            older = events.filter(pl.col("id") <= newest)["id"]  # few: of transactions that committed late
            new = events if older.is_empty() else events.filter(~pl.col("id").is_in(self._placed(older.to_list())))
            if not new.is_empty():
                yield new

    def _placed(self, ids: list[int]) -> list[int]:
        rows = self._connection.execute(sql("ledger/placed_events").encode(), {"ids": ids}).fetchall()
        return [row[0] for row in rows]

    def _forgotten(self) -> Iterator[pl.DataFrame]:
        after_id = 0
        while True:
            frame = self._events("ledger/forgotten_events", {"after_id": after_id, "limit": _FETCH})
            if frame.is_empty():
                return
            yield frame
            after_id = frame["id"][-1]

    def _events(self, name: str, values: dict[str, object]) -> pl.DataFrame:
        raw = copied(self._connection, sql(name), values, EVENTS)
        return raw.with_columns(
            *(hexadecimal(column) for column in _BYTES),
            canonical_time("recorded_at"),
            canonical_time("occurred_at"),
            pl.col("imported") == "t",
        )

    def _state(self) -> tuple[LastSeal, SnapshotText, int, int]:
        """The last seal, where the next would stand, and the servers of both."""
        state = self._connection.execute(sql("ledger/server_state").encode()).fetchone()
        assert state is not None
        system_id, snapshot, standby = state
        if standby:
            raise UnreachableError(
                "This database is a standby; only the one that takes writes can be sealed.",
                "Point AUDITLENS_SEALER_URL at it.",
            )
        current = SnapshotText.parse(snapshot)
        row = self._connection.execute(sql("ledger/last_seal").encode()).fetchone()
        if row is None:
            return LastSeal(), current, system_id, system_id
        seal_no, size, text, sealed_on, root = row
        return LastSeal(seal_no, size, SnapshotText.parse(text), bytes(root)), current, system_id, sealed_on

    def _moved(self, last: LastSeal, current: SnapshotText, system_id: int, sealed_on: int) -> bool:
        """Whether transaction ids of the record are another server's; before the first seal only those that are still
        to come show it.
        """
        if last.seal_no:
            return sealed_on != system_id or current.xmax < last.snapshot.xmax
        row = self._connection.execute(sql("ledger/newest_transaction").encode()).fetchone()
        return bool(row and row[0] is not None and row[0] >= current.xmax)

    def _cut(self, start: int, stop: int, limit: int) -> int:
        row = self._connection.execute(
            sql("ledger/backlog_cut").encode(), {"start": str(start), "stop": str(stop), "limit": limit}
        ).fetchone()
        if row is None or row[1] is None:
            return stop
        first, beyond = row
        cut: int = beyond + 1 if beyond == first else beyond
        return min(stop, cut)  # never within a transaction

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def waiting(connection: psycopg.Connection) -> tuple[int, float]:
    """How many events are recorded but not sealed, and how many seconds the oldest of them waits. Costs what waits."""
    now = connection.execute("select pg_current_snapshot()::text").fetchone()
    assert now is not None
    row = connection.execute(sql("ledger/last_seal").encode()).fetchone()
    last = SnapshotText.parse(row[2]) if row else SnapshotText(0, frozenset())
    events, oldest_s = connection.execute(
        sql("ledger/waiting").encode(), _between(last, SnapshotText.parse(now[0]).xmax)
    ).fetchone() or (0, None)
    return int(events), float(oldest_s or 0.0)


def _between(last: SnapshotText, stop: int) -> dict[str, object]:
    """The bounds of what was committed since a seal, for the statements that look for it."""
    return {"pending": [str(x) for x in sorted(last.xip)], "start": str(last.xmax), "stop": str(stop)}
