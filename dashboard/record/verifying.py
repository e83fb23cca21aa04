"""Reads what verification compares: one state of the record, by as many connections as there are processes.

Values come raw: text that PostgreSQL writes for a column, with no function of the database between it and us.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import polars as pl
import psycopg
from psycopg import sql as literal

from dashboard.events.canonical import GROUPS
from dashboard.events.columns import TIME
from dashboard.record.connect import connect, driver_errors, sql
from dashboard.record.copying import canonical_time, copied, hexadecimal
from dashboard.record.sealing import LastSeal, SnapshotText
from dashboard.record.tree import Head, TreeRecord

_BYTES = ("leaf", "original_sha256", *(f"{group}_salt" for group in GROUPS))
_TIMES = ("recorded_at", "occurred_at")
_ROW_COLUMNS = (
    "seq", "event_id", "leaf", "region", "country", "geo_source", "place_salt", "id", "leaf_v", "recorded_at",
    "occurred_at", "db_role", "category", "action", "outcome", "actor_type", "actor_id", "source", "native_id",
    "source_seq",
    "request_id", "imported", "actor", "source_ip", "user_agent", "reported_region", "target", "description", "details",
    "original_sha256", "actor_salt", "client_salt", "target_salt", "description_salt", "details_salt", "original_salt",
)  # fmt: skip
_NUMBERS = ("seq", "event_id", "id", "leaf_v", "source_seq")
_SCHEMA = pl.Schema({name: pl.Int64() if name in _NUMBERS else pl.String() for name in _ROW_COLUMNS})
_NOTHING_SEEN = "3:3:"  # the snapshot that sees no transaction
_SESSION = (
    "set transaction isolation level repeatable read, read only",
    "set local search_path = pg_catalog, public, pg_temp",  # no table of another schema stands in for ours
    "set local bytea_output = hex",
    "set local datestyle = iso",
    "set local timezone = 'UTC'",
    "set local extra_float_digits = 1",
    "set local jit = off",
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A root that was stated for a tree of `size` leaves, in one row of a table."""

    number: int
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Break:
    """A seal that does not follow the one before it."""

    seal_no: int
    size: int
    before_no: int
    before_size: int
    is_earlier: bool  # its time is before that of the seal before it


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the tables reach; zero where they are empty."""

    places: int
    first_checkpoint: int
    last_checkpoint: int
    checkpoint_size: int
    receipt_size: int


class VerifyRecord:
    """One connection's view of one state. Raises UnreachableError when the database can't answer."""

    def __init__(self, connection: "psycopg.Connection[tuple[Any, ...]]") -> None:
        self._connection = connection
        self._tree = TreeRecord(connection)

    @classmethod
    @contextmanager
    def open(cls, url: str, part: str, state: str | None = None) -> Iterator[Self]:
        """A connection of its own for the block, and in it one state: the newest, or the one that `share` named."""
        with driver_errors(), connect(url, part) as connection, connection.transaction():
            for number, statement in enumerate(_SESSION):
                connection.execute(statement.encode())
                if state and not number:
                    connection.execute(literal.SQL("set transaction snapshot {}").format(literal.Literal(state)))
            yield cls(connection)

    def share(self) -> str:
        """The name of this state, for other connections, as long as this one is open."""
        return str(self._one("select pg_export_snapshot()"))

    def head(self) -> Head | None:
        """The newest seal; None before the first."""
        return self._tree.head()

    def rows(self, start: int, stop: int) -> pl.DataFrame:
        """The places `start <= seq < stop`, each with its event as it stands now: the columns of `ledger.leaves` and
        seq, event_id, leaf, leaf_v. `id` is null where the event is gone.
        """
        with driver_errors():
            span = self._connection.execute(
                sql("record/sealed_bounds").encode(), {"start": start, "stop": stop}
            ).fetchone()
            if span is None or span[0] is None:
                return _typed(pl.DataFrame(schema=_SCHEMA))
            bounds = dict(zip(("first_id", "last_id", "first_at", "last_at"), span, strict=True))
            # A table that nobody analysed yet looks small: the planner would look row by row, for minutes.
            self._connection.execute("set local enable_nestloop = off")
            found = copied(self._connection, sql("verify/rows"), {"start": start, "stop": stop, **bounds}, _SCHEMA)
            self._connection.execute("set local enable_nestloop = on")
            return _typed(found)

    def tiles(self, level: int, start: int, stop: int) -> dict[int, bytes]:
        """The full tiles of a level, `start <= number < stop`, that are there."""
        return {row[0]: bytes(row[1]) for row in self._rows("tiles", level=level, start=start, stop=stop)}

    def edges(self) -> dict[int, bytes]:
        """The tree's right edge, level by level."""
        return {row[0]: bytes(row[1]) for row in self._rows("edges")}

    def leaves(self, start: int, stop: int) -> dict[int, bytes]:
        """The leaves that stand beside the places of a range."""
        return {row[0]: bytes(row[1]) for row in self._rows("leaves", start=start, stop=stop)}

    def seals(self, after: int, up_to: int) -> list[Mark]:
        """The seals with `after < size <= up_to`, in order of size."""
        return self._marks("seals", after, up_to)

    def checkpoints(self, after: int, up_to: int) -> list[tuple[int, int, str]]:
        """The signed heads with `after < size <= up_to`, in order of size: number, size, note."""
        return [(row[0], row[1], row[2]) for row in self._rows("checkpoints", after=after, up_to=up_to)]

    def receipts(self, after: int, up_to: int) -> list[Mark]:
        """What was put outside, as the receipts kept here say, with `after < size <= up_to`."""
        return self._marks("receipts", after, up_to)

    def _marks(self, name: str, after: int, up_to: int) -> list[Mark]:
        return [Mark(row[0], row[1], bytes(row[2])) for row in self._rows(name, after=after, up_to=up_to)]

    def notes(self, start: int, stop: int) -> list[tuple[Mark, str]]:
        """The signed heads by number, each with its note."""
        found = self._rows("checkpoint_notes", start=start, stop=stop)
        return [(Mark(row[0], row[1], bytes(row[2])), row[3]) for row in found]

    def seal_breaks(self, slack_s: float) -> list[Break]:
        """Seals that do not follow the one before them, the first hundred."""
        return [Break(*row) for row in self._rows("seal_breaks", slack_s=slack_s)]

    def seal_times(self, start: int, stop: int) -> pl.DataFrame:
        """When the places of a range were sealed: columns size, sealed_at, and before: the time of the seal before it;
        in order of size.
        """
        found = self._rows("seal_times", start=start, stop=stop)
        schema = {"size": pl.Int64(), "sealed_at": TIME, "before": TIME}
        return pl.DataFrame(found, schema=schema, orient="row")

    def extent(self) -> Extent:
        """How far the tables reach."""
        return Extent(*self._rows("extent")[0])

    def tile_counts(self) -> dict[int, tuple[int, int]]:
        """For each level how many full tiles there are, and the number of the last."""
        return {row[0]: (row[1], row[2]) for row in self._rows("tile_counts")}

    def filed_under(self, ids: list[int]) -> dict[int, int]:
        """For each id how many events stand under it, whenever they claim to be recorded."""
        found: dict[int, int] = {}
        for event_id, _ in self._rows("event_of_id", ids=ids):
            found[event_id] = found.get(event_id, 0) + 1
        return found

    def orphan_keys(self) -> list[int]:
        """Ids of events of which only the key is left; up to 1,001. Reads the whole record."""
        return [row[0] for row in self._rows("orphan_keys")]

    def erased_digests(self, ids: list[int]) -> dict[tuple[int, str], str]:
        """The digests of erased groups of events, by event and group."""
        found = self._query(sql("ledger/erased_digests"), {"event_ids": ids})
        return {(event_id, group): digest for event_id, group, digest in found}

    def erasures(self) -> Iterator[tuple[int, int | None, str, str, bool]]:
        """The groups of each erasure, erasure by erasure: number, event, group, digest, whether the erasure is there.
        The event is None for an erasure without groups.
        """
        with driver_errors(), self._connection.cursor(name="erasures") as cursor:
            yield from cursor.execute(sql("verify/erasures").encode())

    def own_events(self) -> dict[str, tuple[int | None, bool]]:
        """By native id the events about erasures and retirements: their place, and whether the record holds them."""
        return {row[0]: (row[1], row[2]) for row in self._rows("own_events")}

    def retired(self) -> list[tuple[str, str, int, str]]:
        """The months that were retired: month, ranges of seq as PostgreSQL writes them, rows, digest."""
        return [(row[0], row[1], row[2], row[3]) for row in self._rows("retired")]

    def places_of(self, ids: list[int]) -> tuple[int, int] | None:
        """The first and the last place of some events."""
        first, last = self._rows("places_of_events", ids=ids)[0]
        return None if first is None else (first, last)

    def totals(self) -> tuple[int, int, int]:
        """How many events, keys of events and places there are. Reads the whole record."""
        events, keys, places = self._rows("totals")[0]
        return events, keys, places

    def waiting(self) -> int:
        """How many events no seal had to cover yet."""
        found = self._query(sql("ledger/waiting"), self._since_last_seal())
        return int(found[0][0])

    def waiting_counters(self) -> pl.DataFrame:
        """The counters of events that wait: source, source_seq."""
        found = self._rows("waiting_counters", **self._since_last_seal())
        return pl.DataFrame(found, schema={"source": pl.String, "source_seq": pl.Int64}, orient="row")

    def _since_last_seal(self) -> dict[str, object]:
        last = self.last_seal()[0].snapshot
        now = SnapshotText.parse(self._one("select pg_current_snapshot()::text"))
        return {"pending": [str(x) for x in sorted(last.xip)], "start": str(last.xmax), "stop": str(now.xmax)}

    def keyless(self) -> list[tuple[int, int | None]]:
        """Events that did not come through audit_append: id and place; up to 1,001. Reads the whole record."""
        return [(row[0], row[1]) for row in self._rows("keyless")]

    def last_seal(self) -> tuple[LastSeal, bool]:
        """Where the last seal ended, and whether the database was restored into another server since."""
        rows = self._query(sql("ledger/last_seal"))
        if not rows:
            return LastSeal(), False
        number, size, snapshot, system_id, root = rows[0]
        here, now, _ = self._query(sql("ledger/server_state"))[0]
        last = SnapshotText.parse(snapshot)
        moved = system_id != here or SnapshotText.parse(now).xmax < last.xmax
        return LastSeal(number, size, last, bytes(root)), moved

    def unplaced(self, first_id: int, last_id: int) -> list[int]:
        """The ids of events that should have a place and have none, within bounds of ids; up to 1,001."""
        last = self.last_seal()[0]
        snapshot = str(last.snapshot) if last.seal_no else _NOTHING_SEEN
        return [row[0] for row in self._rows("unplaced", snapshot=snapshot, first_id=first_id, last_id=last_id)]

    def id_after(self, event_id: int, count: int) -> int | None:
        """The id of the event that is `count` events after this id, or the last one's; None when none is after it."""
        found = self._rows("id_after", after=event_id, count=count)[0][0]
        return None if found is None else int(found)

    def unplaced_after_restore(self) -> int:
        """How many events have no place, found by comparing everything."""
        return int(self._rows("unplaced_after_restore")[0][0])

    def protection(self) -> list[tuple[str | None, str, str]]:
        """What protects the record as the catalogue has it: relation, thing, what is said of it."""
        return [(row[0], row[1], row[2]) for row in self._rows("protection")]

    def partitions(self) -> dict[str, str | None]:
        """The bounds of each partition of the record; None for a table of such a name that is not attached."""
        return {row[0]: row[1] for row in self._rows("partitions")}

    def uses_default_partition(self, first: str, beyond: str) -> bool:
        """Whether events were recorded outside these bounds, where no month has a partition. Reads that partition."""
        return bool(self._rows("default_partition_used", first=first, beyond=beyond)[0][0])

    def migrations(self) -> dict[str, str]:
        """The SHA-256 of each migration that was applied."""
        return {row[0]: row[1] for row in self._rows("migrations")}

    def kept_reports(self, since_s: float) -> list[str]:
        """The signed reports of verification kept in the last `since_s` seconds, newest first."""
        return [row[0] for row in self._rows("kept_reports", since_s=since_s)]

    def _rows(self, name: str, **values: object) -> list[tuple[Any, ...]]:
        return self._query(sql(f"verify/{name}"), values)

    def _query(self, statement: str, values: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        with driver_errors():
            return self._connection.execute(statement.encode(), values).fetchall()

    def _one(self, statement: str) -> Any:
        return self._query(statement)[0][0]


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    ordered = frame if frame["seq"].is_sorted() else frame.sort("seq")
    return ordered.with_columns(
        *(hexadecimal(name) for name in _BYTES),
        *(canonical_time(name) for name in _TIMES),
        pl.col("imported") == "t",
    )
