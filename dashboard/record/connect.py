"""Connections to PostgreSQL: one login for each part of the service, and one error boundary for the driver."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import psycopg
from psycopg import conninfo
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, exc
from sqlalchemy.pool import QueuePool

from dashboard.config import Settings
from dashboard.errors import AuditlensError, DamagedError, UnreachableError, UsageError
from dashboard.paths import QUERIES

PARTS = ("admin", "writer", "reader", "sealer", "redactor")
_PORTS = re.compile(r"[\d,]*")
_SESSION = "-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c bytea_output=hex -c client_encoding=UTF8"


@dataclass(frozen=True, slots=True)
class Urls:
    """A libpq URI or connection string for each part, empty where this host has none. May hold passwords."""

    admin: str = ""
    writer: str = ""
    reader: str = ""
    sealer: str = ""
    redactor: str = ""

    def __repr__(self) -> str:
        return "Urls(…)"

    def of(self, part: str) -> str:
        """The URL of a part. Raises UsageError naming the setting that is missing."""
        url: str = getattr(self, part)
        if not url:
            raise UsageError(
                f"This host has no database login for the {part}.",
                f"Set AUDITLENS_{part.upper()}_URL or AUDITLENS_DATABASE_URL.",
            )
        return url


def external_urls(settings: Settings) -> Urls | None:
    """The logins of a PostgreSQL somebody else runs; None when no URL is set and the embedded one serves.

    A part without a URL of its own goes through AUDITLENS_DATABASE_URL and takes that part's role; this keeps parts
    apart by habit, not by force: for a boundary, give each its own login.
    """
    own = {part: _revealed(settings, f"{part}_url") for part in PARTS}
    shared = _revealed(settings, "database_url")
    if not shared and not any(own.values()):
        return None
    fallback = {part: shared if part == "admin" else _with_role(shared, part) for part in PARTS}
    return Urls(**{part: own[part] or fallback[part] for part in PARTS})


def _revealed(settings: Settings, name: str) -> str:
    """The URL of a setting, empty where there is none. What is wrong with it is said without any of its words: one of
    them may be a password that a stray character made part of something else.
    """
    secret: SecretStr | None = getattr(settings, name)
    url = secret.get_secret_value() if secret else ""
    try:
        parts = conninfo.conninfo_to_dict(url)
    except psycopg.Error:
        parts = None
    if parts is None or "@" in str(parts.get("host", ""))[1:] or not _PORTS.fullmatch(str(parts.get("port", ""))):
        raise UsageError(
            f"AUDITLENS_{name.upper()} is not a PostgreSQL URL.",
            "It is postgresql://user@host/database; in a password write @ as %40, : as %3A, / as %2F, % as %25.",
        )
    return url


def _with_role(url: str, part: str) -> str:
    if not url:
        return ""
    options = conninfo.conninfo_to_dict(url).get("options") or ""
    return conninfo.make_conninfo(url, options=f"{options} -c role=auditlens_{part}".strip())


def shown(url: str) -> str:
    """The URL as a person may see it: who, where, which database, without password and options."""
    parts = conninfo.conninfo_to_dict(url)
    where = parts.get("host") or parts.get("hostaddr") or "localhost"
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"postgresql://{parts.get('user', '')}@{where}{port}/{parts.get('dbname', '')}"


def as_user(url: str, user: str) -> str:
    """The same database through another login."""
    return conninfo.make_conninfo(url, user=user)


@contextmanager
def driver_errors() -> Iterator[None]:
    """Turns the errors of psycopg and SQLAlchemy into ours; nobody above knows the driver."""
    try:
        yield
    except AuditlensError:
        raise
    except exc.DBAPIError as wrong:
        cause = wrong.orig if isinstance(wrong.orig, psycopg.Error) else None
        raise _translated(cause or psycopg.OperationalError(str(wrong))) from wrong
    except exc.TimeoutError as wrong:
        raise UnreachableError("All connections to the database are busy.", "Try again in a moment.") from wrong
    except psycopg.Error as wrong:
        raise _translated(wrong) from wrong


def _translated(wrong: psycopg.Error) -> AuditlensError:
    said = (wrong.diag.message_primary or str(wrong).strip().splitlines()[0]) if str(wrong) else type(wrong).__name__
    missing = (
        psycopg.errors.UndefinedTable
        | psycopg.errors.UndefinedColumn
        | psycopg.errors.UndefinedFunction
        | psycopg.errors.UndefinedObject
    )
    # What fails while connecting has no code, only words.
    if isinstance(wrong, missing) or ('role "auditlens_' in said and "does not exist" in said):
        return UnreachableError(f"The database is not set up for this version: {said}.", "Run `auditlens migrate`.")
    if "permission denied to set role" in said:
        return UnreachableError(
            "The database login may not act for this part of Auditlens.",
            "Grant it the role auditlens_writer, _reader, _sealer or _redactor, or set a URL for each part.",
        )
    if isinstance(wrong, psycopg.errors.InsufficientPrivilege):
        return UsageError(f"The database refuses: {said}.", wrong.diag.message_hint or "")
    if isinstance(wrong, psycopg.errors.InvalidParameterValue):
        return UsageError(f"The database refuses: {said}.", wrong.diag.message_hint or "")
    if isinstance(wrong, psycopg.errors.DataCorrupted | psycopg.errors.IndexCorrupted):
        return DamagedError(
            f"The database is damaged: {said}.", "Restore it from a backup, then run `auditlens verify`."
        )
    return UnreachableError(
        f"The database can't answer: {said}.",
        "Is it running, and is its URL right? `auditlens status` tells which one is meant.",
    )


def connect(url: str, part: str, *, autocommit: bool = True) -> psycopg.Connection:
    """One connection for a long-lived part (appender, sealer). Raises UnreachableError."""
    with driver_errors():
        options = conninfo.conninfo_to_dict(url).get("options") or ""
        return psycopg.connect(
            conninfo.make_conninfo(url, options=f"{_SESSION} {options}".strip(), application_name=f"auditlens {part}"),
            autocommit=autocommit,
        )


def reading_engine(url: str, *, size: int = 5, timeout_s: int = 60) -> Engine:
    """A pool of read-only connections, given back by `.dispose()`; the server ends a query after `timeout_s`."""
    options = conninfo.conninfo_to_dict(url).get("options") or ""
    limits = f"-c statement_timeout={timeout_s * 1000} -c default_transaction_read_only=on"
    full = conninfo.make_conninfo(
        url, options=f"{_SESSION} {limits} {options}".strip(), application_name="auditlens reader"
    )
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(full),
        poolclass=QueuePool, pool_size=size, max_overflow=size, pool_timeout=10, pool_pre_ping=True, pool_recycle=1800,
    )  # fmt: skip


@cache
def sql(name: str) -> str:
    """The text of one file of `queries/`, such as `record/log_identity`; read once, so that an upgrade on disk does not
    change a process half-way.
    """
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
