"""The redactor's side: erases groups, retires months, holds them; each in one transaction with its event."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Self

import psycopg

from dashboard.record.connect import connect, driver_errors
from dashboard.record.sealing import mirroring_alone


@dataclass(frozen=True, slots=True)
class Group:
    """One personal group of one event. `digest` only for an event that the record no longer holds: what is hashed under
    `sd` in its leaf.
    """

    event_id: int
    group: str
    digest: bytes | None = None


class ErasingRecord:
    """The redactor's connection: it can do nothing but what is here."""

    def __init__(self, redactor_url: str) -> None:
        self._connection = connect(redactor_url, "redactor", autocommit=True)

    @contextmanager
    def mirroring(self, patience_s: float = 120.0) -> Iterator[None]:
        """Holds the mirror's lock for the block, so that nothing copies from record to archive meanwhile.

        Waits for a mirror at work. Raises UnreachableError when it takes longer.
        """
        with mirroring_alone(self._connection, patience_s):
            yield

    def erase(
        self, groups: Sequence[Group], conflicts: Sequence[int], reason: str, by: str | None, views: Sequence[int] = ()
    ) -> int | None:
        """Erases groups, quarantined submissions and saved views, with the events that say so, in one transaction;
        gives the erasure's number, None when all of it was erased before. About 0.1 ms a group.
        """
        columns = [
            [group.event_id for group in groups],
            [group.group for group in groups],
            [group.digest for group in groups],
        ]
        return self._ask(
            "select audit_erase_views(audit_erase(%s::bigint[], %s::text[], %s::bytea[], %s::bigint[], %s, %s), "
            "%s::bigint[], %s, %s)",
            *columns, list(conflicts), reason, by, list(views), reason, by,
        )  # fmt: skip

    def did(self, erasure_no: int, step: str) -> None:
        """Keeps that a step of an erasure is done: `archive` or `files`."""
        self._ask("select audit_erasure_did(%s, %s)", erasure_no, step)

    def retire(self, month: date, digest: bytes, by: str | None) -> int:
        """Drops a month's partition if `digest` says of its rows what the record does; gives how many rows it held."""
        return self._ask("select audit_retire(%s, %s, %s)", month, digest, by) or 0

    def hold(self, month: date, *, held: bool, reason: str, by: str | None) -> None:
        """Keeps a month from being retired, or lets it go."""
        self._ask("select audit_hold(%s, %s, %s, %s)", month, held, reason, by)

    def _ask(self, statement: str, *values: object) -> int | None:
        with driver_errors(), self._connection.transaction():
            self._connection.execute("set local synchronous_commit = on")
            row = self._connection.execute(statement.encode(), values).fetchone()
        return None if row is None or row[0] in (None, "") else int(row[0])

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def transaction_id(connection: psycopg.Connection) -> str:
    """A transaction id of now, as text: what committed before is older."""
    row = connection.execute("select pg_current_xact_id()::xid::text").fetchone()
    assert row is not None
    return str(row[0])
