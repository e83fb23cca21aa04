"""Brings a database to the schema of this version: the files of `queries/schema/`, in order, each once, each in a
transaction.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql as literal

from dashboard.errors import UnreachableError, UsageError
from dashboard.paths import QUERIES
from dashboard.record.connect import connect, driver_errors, sql

_LOCK = 7_022_364_301_936_420_214
MINIMUM_VERSION = 150_000


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did, and to which log."""

    applied: tuple[str, ...]
    log_id: str
    demo: bool


def create_database(admin_url: str, name: str) -> bool:
    """Makes an empty database unless it is there; says whether it made it. `admin_url` is of another database of the
    server.
    """
    with driver_errors(), connect(admin_url, "admin") as connection:
        if connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
            return False
        try:
            connection.execute(literal.SQL("create database {}").format(literal.Identifier(name)))
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return False  # another start was quicker
        return True


def migrate(admin_url: str, *, demo: bool = False) -> Migrated:
    """Applies what is missing and names the log. `demo` counts only when the log is made by this call.

    One transaction a file; a second migrate waits for the first. Raises UsageError when the database was made by a
    newer version or an applied file was changed since, UnreachableError when it can't be reached or is too old.
    """
    files = sorted((QUERIES / "schema").glob("[0-9]*.sql"))
    with driver_errors(), connect(admin_url, "admin") as connection:
        if connection.info.server_version < MINIMUM_VERSION:
            raise UnreachableError(
                f"PostgreSQL {connection.info.server_version // 10_000} is too old.",
                "Auditlens needs PostgreSQL 15 or newer.",
            )
        connection.execute("set client_min_messages = warning")
        connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
        connection.execute(sql("record/create_schema_migration"))
        applied = _apply(connection, files)
        with connection.transaction():
            connection.execute("insert into log (demo) values (%s) on conflict do nothing", (demo,))
            connection.execute("insert into log_secret default values on conflict do nothing")
        row = connection.execute(sql("record/log_identity")).fetchone()
        assert row is not None
        return Migrated(applied=applied, log_id=row[0], demo=row[1])


def _apply(connection: psycopg.Connection, files: Sequence[Path]) -> tuple[str, ...]:
    done: dict[str, str] = dict(connection.execute("select name, sha256 from schema_migration").fetchall())
    unknown = sorted(done.keys() - {file.stem for file in files})
    if unknown:
        raise UsageError(
            f"The database was made by a newer version (it has {unknown[0]}).",
            "Install that version, or restore a backup.",
        )
    applied = []
    for file in files:
        text = file.read_text(encoding="utf-8")
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        if file.stem in done:
            if done[file.stem] != sha256:
                raise UsageError(
                    f"The migration {file.name} was changed after it was applied.",
                    "Undo the change and write a new migration.",
                )
            continue
        with connection.transaction():
            connection.execute(text.encode())
            connection.execute("insert into schema_migration (name, sha256) values (%s, %s)", (file.stem, sha256))
        applied.append(file.stem)
    return tuple(applied)
