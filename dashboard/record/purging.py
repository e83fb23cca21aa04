"""Empties the files of an embedded database of what was erased: PostgreSQL keeps old row versions, statistics and its
write-ahead log long after an update.
"""

import os
import re
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import psycopg

from dashboard.errors import UnreachableError
from dashboard.record.connect import as_user, connect, driver_errors, sql
from dashboard.record.embedded import SUPERUSER
from dashboard.record.erasing import transaction_id

PATIENCE_S = 120.0
_LOGS = ("server.log", "server.log.1")
_MOST_SEGMENTS = 1_000


def purge(any_url: str, erasures: Sequence[int]) -> None:
    """Writes anew the tables that erasures touched, the planner's statistics and the write-ahead log.

    `any_url` is of any login to the embedded server. Appends to a month that is written anew wait for it: about a
    second for 100,000 events. Raises UnreachableError when a transaction older than the erasure does not end.
    """
    with driver_errors(), connect(as_user(any_url, SUPERUSER), "erasure") as connection:
        tables = connection.execute(sql("record/touched_tables").encode(), {"erasures": list(erasures)}).fetchall()
        # the most common values of a column are kept
        connection.execute("analyze audit_event, sealed, conflict, saved_view")
        _wait_for_older(connection)
        for (name,) in [*tables, ("pg_catalog.pg_statistic",)]:
            connection.execute(f"vacuum (full) {name}".encode())  # the name is the server's own, quoted by it
        _renew_log(connection)


def blot_out(any_url: str, values: Iterable[str]) -> int:
    """Overwrites the values in the server's own text log, letter by letter; says how many places that were."""
    with driver_errors(), connect(as_user(any_url, SUPERUSER), "erasure") as connection:
        row = connection.execute("show data_directory").fetchone()
    assert row is not None
    wanted = re.compile(b"|".join(re.escape(value.encode()) for value in values), re.IGNORECASE)
    return sum(_blot(Path(row[0]) / name, wanted) for name in _LOGS)


def _blot(log: Path, wanted: re.Pattern[bytes]) -> int:
    """In place and of the same length: the server goes on writing at the end."""
    try:
        handle = os.open(log, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return 0
    with os.fdopen(handle, "r+b") as file:
        places = [match.span() for match in wanted.finditer(file.read())]
        for start, stop in places:
            file.seek(start)
            file.write(b"*" * (stop - start))
    return len(places)


def _wait_for_older(connection: psycopg.Connection) -> None:
    """A row that an open transaction still sees is carried along when its table is written anew."""
    now = {"xid": transaction_id(connection)}
    began = time.monotonic()
    while True:
        row = connection.execute(sql("record/older_snapshots").encode(), now).fetchone()
        if row is None or row[0] == 0:
            return
        if time.monotonic() - began > PATIENCE_S:
            raise UnreachableError(
                "The values are erased, but the database's files still hold them: a transaction that began before has "
                "not ended.",
                "Let long queries and exports end, then run `auditlens erase --resume`.",
            )
        time.sleep(0.1)


def _renew_log(connection: psycopg.Connection) -> None:
    """Leaves no segment of the write-ahead log from before, nor one that is kept to be written over.

    The checkpointer hears of the setting from the postmaster, on a busy machine after it was asked for the checkpoint.
    It has then given an old segment, as it is, the name of one to come: the log is renewed again, past that one too.
    """
    connection.execute("alter system set wal_recycle = off")
    connection.execute("select pg_reload_conf()")
    began = time.monotonic()
    try:
        while _renewed(connection) < max(_segments(connection)):
            if time.monotonic() - began > PATIENCE_S:
                raise UnreachableError(
                    "The values are erased, but PostgreSQL keeps files of the write-ahead log from before to write "
                    "them over.",
                    "Run `auditlens erase --resume` when the machine is less busy.",
                )
            time.sleep(0.1)
    finally:
        connection.execute("alter system reset wal_recycle")
        connection.execute("select pg_reload_conf()")


def _renewed(connection: psycopg.Connection) -> str:
    """Moves the log past every segment that there is, and has them taken away; gives the one that is written now."""
    before = _segments(connection)
    for _ in range(_MOST_SEGMENTS):
        if _written(connection) not in before:
            break
        connection.execute("select pg_logical_emit_message(false, 'auditlens', 'erasure')")
        connection.execute("select pg_switch_wal()")
    connection.execute("checkpoint")
    left = before & _segments(connection)
    if left:
        raise UnreachableError(
            f"The values are erased, but {len(left):,} files of the write-ahead log from before are still there.",
            "Is a replica or a backup behind? Run `auditlens erase --resume` after it.",
        )
    return _written(connection)


def _written(connection: psycopg.Connection) -> str:
    """The name of the segment that is written now."""
    row = connection.execute("select pg_walfile_name(pg_current_wal_insert_lsn())").fetchone()
    assert row is not None
    return str(row[0])


def _segments(connection: psycopg.Connection) -> set[str]:
    return {row[0] for row in connection.execute("select name from pg_ls_waldir()").fetchall()}
