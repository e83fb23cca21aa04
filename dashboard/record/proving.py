"""Reads what evidence needs besides rows and tree: digests of what was erased, and copies of heads that lie outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.record.connect import driver_errors, sql
from dashboard.record.tree import TreeRecord


@dataclass(frozen=True, slots=True)
class Anchored:
    """A signed head and the receipt of one copy of it."""

    tree_size: int
    root: bytes
    note: str
    sink: str
    at: datetime
    receipt: str


class ProvingRecord(TreeRecord):
    """The tree, and what proofs say beside it; one state of the database."""

    def holds_event(self, event_id: int) -> bool:
        """Whether the event is recorded, sealed or not."""
        row = self._row("ledger/event_exists", {"event_id": event_id})
        return bool(row and row[0])

    def erased_digests(self, event_ids: Sequence[int]) -> dict[int, dict[str, str]]:
        """For events of which groups were erased: group to digest, in hexadecimal."""
        found: dict[int, dict[str, str]] = {}
        for event_id, group, digest in self._rows("ledger/erased_digests", {"event_ids": list(event_ids)}):
            found.setdefault(int(event_id), {})[group] = digest
        return found

    def anchored(self, tree_size: int, most: int) -> tuple[Anchored, ...]:
        """The newest receipts for heads of trees up to a size, newest first."""
        rows = self._rows("ledger/anchored_checkpoints", {"tree_size": tree_size, "most": most})
        return tuple(Anchored(row[0], bytes(row[1]), *row[2:]) for row in rows)

    def _rows(self, name: str, values: dict[str, object]) -> list[tuple]:  # type: ignore[type-arg]
        with driver_errors():
            return self._connection.execute(sql(name).encode(), values).fetchall()
