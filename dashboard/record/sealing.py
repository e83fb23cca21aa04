"""The record's side of sealing: exactly the events committed since the last seal, and one transaction to give them
their places.

What is new is the difference of two snapshots: transactions that had not begun at the last seal, and those still open
then. So an append never waits, and no event is passed over because its transaction committed late.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Self

import psycopg

from dashboard.errors import DamagedError, UnreachableError
from dashboard.events.canonical import LeafInput
from dashboard.record.anchors import AnchorRecord
from dashboard.record.connect import connect, driver_errors, sql
from dashboard.record.tree import TreeRecord

_LOCK = 7_022_364_301_936_420_213
MIRROR_LOCK = _LOCK + 2
_ANCHOR_LOCK = _LOCK + 3
_FETCH = 10_000


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


@dataclass(frozen=True, slots=True)
class Sealed:
    """One event's place in the log: a row of the table `sealed`."""

    seq: int
    event_id: int
    recorded_at: str
    leaf: bytes
    region: str | None
    country: str | None
    geo_source: str | None
    place_salt: str


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
        self, cursor: "psycopg.Cursor[tuple[object, ...]]", events: Iterator[Sequence[LeafInput]], last: "LastSeal"
    ) -> None:
        self._cursor = cursor
        self.events = events  # batches
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

    def write(self, rows: Iterable[Sealed]) -> None:
        """Writes places; each continues the last one's `seq`."""
        with self._cursor.copy(sql("ledger/copy_sealed").encode()) as copy:
            for row in rows:
                if row.seq != self.tree_size:
                    raise AssertionError(f"place {row.seq} follows {self.tree_size - 1}")
                copy.write_row(
                    (
                        row.seq,
                        row.event_id,
                        row.recorded_at,
                        row.leaf,
                        row.region,
                        row.country,
                        row.geo_source,
                        bytes.fromhex(row.place_salt),
                    )
                )
                self.tree_size += 1


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


class SealingRecord:
    """The sealer's connection."""

    def __init__(self, sealer_url: str) -> None:
        self._connection = connect(sealer_url, "sealer", autocommit=True)

    def mirroring(self) -> AbstractContextManager[bool]:
        """Holds the mirror's lock for the block; False when another process holds it."""
        return self._holding(MIRROR_LOCK)

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

    def _one(self, limit: int, rebase: bool) -> Iterator[Seal | None]:
        sealed, current, system_id = self._state(rebase)
        last = sealed.snapshot
        stop = current.xmax if rebase else self._cut(last.xmax, current.xmax, limit)
        query = sql("ledger/forgotten_events" if rebase else "ledger/unsealed_events")
        with self._connection.cursor(name="unsealed") as reader, self._connection.cursor() as writer:
            reader.execute(query.encode(), None if rebase else _between(last, stop))
            first = [LeafInput._make(row) for row in reader.fetchmany(_FETCH)]
            if not first:
                yield None
                return
            seal = Seal(writer, _batches(first, reader), sealed)
            seal.more = stop < current.xmax
            yield seal
        open_still = (last.xip & current.xip) | {x for x in current.xip if last.xmax <= x < stop}
        self._connection.execute(
            sql("ledger/insert_seal").encode(),
            {
                "seal_no": sealed.seal_no + 1, "tree_size": seal.tree_size, "system_id": system_id, "root": seal.root,
                "snapshot": str(current if rebase else SnapshotText(stop, frozenset(open_still))),
            },
        )  # fmt: skip

    def _state(self, rebase: bool) -> tuple[LastSeal, SnapshotText, int]:
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
            return LastSeal(), current, system_id
        seal_no, size, text, sealed_on, root = row
        last = SnapshotText.parse(text)
        if not rebase and (sealed_on != system_id or current.xmax < last.xmax):
            raise DamagedError(
                "This database was restored into another server since the last seal: its transaction ids tell nothing.",
                "If the restore was meant, run `auditlens seal --rebase` once: it finds them by comparing everything.",
            )
        return LastSeal(seal_no, size, last, bytes(root)), current, system_id

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


def _batches(first: list[LeafInput], reader: psycopg.ServerCursor) -> Iterator[Sequence[LeafInput]]:
    batch = first
    while batch:
        yield batch
        batch = [LeafInput._make(row) for row in reader.fetchmany(_FETCH)]


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
