"""The questions on PostgreSQL, by the same files of `queries/views/` as `AUDITLENS_ENGINE=postgres` asks them.

The events lie in one plain table, as an application keeps its log: no join to the sealed places, no guards. *Plain* has
the indexes that somebody makes who knows the questions; *best* has a trigram index for the search and covering ones for
the counts beside them.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from unittest import mock

import polars as pl
import psutil
import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INET

from dashboard.events.adornment import Adornment
from dashboard.events.columns import SCHEMA, TIME
from dashboard.events.filter import SEARCH_COLUMNS, EventFilter
from dashboard.query.record_engine import RecordEngine
from dashboard.record import embedded, relation
from dashboard.record.copying import copy_in
from dashboard.record.narrow import conditions
from dashboard.record.read import RecordReader
from dashboard.record.relation import RecordRelation, Schema
from tests.bench.questions import Answer, Question, by_views

_TYPES = {pl.Int64: "bigint", pl.String: 'text collate "C"', pl.Boolean: "boolean", TIME: "timestamptz"}
TABLE = "event"
PLAIN: Mapping[str, str] = {
    "primary key": f"alter table {TABLE} add primary key (seq)",
    "(occurred_at desc, seq desc)": f"create index on {TABLE} (occurred_at desc nulls last, seq desc nulls last)",
    "(category, occurred_at desc)": (
        f"create index on {TABLE} (category, occurred_at desc nulls last, seq desc nulls last)"
    ),
    "(action, outcome, occurred_at desc)": (
        f"create index on {TABLE} (action, outcome, occurred_at desc nulls last, seq desc nulls last)"
    ),
}
_SEARCHED = ", ".join(f"{name} gin_trgm_ops" for name in SEARCH_COLUMNS)
BEST: Mapping[str, str] = {
    "trigrams of the six searched columns": f"create index on {TABLE} using gin ({_SEARCHED})",
    "covering, for what happened when": f"create index on {TABLE} (occurred_at) include (category)",
    "covering, for failed logins": (
        f"create index on {TABLE} (region) include (occurred_at) where category = 'Auth' and action = 'Login Failed'"
    ),
    "covering, for the facets of a time": (
        f"create index on {TABLE} (occurred_at)"
        " include (category, action, outcome, actor, region, country, source_ip, source)"
    ),
    "covering, for the facets of a category": (
        f"create index on {TABLE} (category)"
        " include (action, outcome, actor, region, country, source_ip, source, occurred_at)"
    ),
}


@dataclass(frozen=True, slots=True)
class Built:
    """An index, and what it took."""

    name: str
    seconds: float
    size_bytes: int


def settings() -> dict[str, str]:
    """The server's settings for this machine, by the usual rules of thumb for one that does nothing else."""
    memory = psutil.virtual_memory().total >> 20
    return {
        "shared_buffers": f"{memory // 4}MB",
        "effective_cache_size": f"{memory * 3 // 4}MB",
        "work_mem": f"{max(64, min(512, memory // 48))}MB",
        "maintenance_work_mem": f"{max(256, min(2048, memory // 12))}MB",
        "max_parallel_workers_per_gather": "2",
        "random_page_cost": "1.1",
        "effective_io_concurrency": "200",
        "max_wal_size": "16GB",
        "fsync": "off",
        "synchronous_commit": "off",
        "autovacuum": "off",
    }


@contextmanager
def serving(home: Path) -> Iterator["Server"]:
    """A server in a folder that goes with the caller's, with the settings above instead of the careful ones."""
    with (
        mock.patch.object(embedded, "_settings", return_value={**embedded._settings(), **settings()}),
        embedded.serving(home) as endpoint,
    ):
        yield Server(endpoint.url(endpoint.superuser, "postgres"), home)


class Server:
    """A PostgreSQL that holds nothing but the events."""

    def __init__(self, url: str, home: Path) -> None:
        self.url = url
        self._home = home

    def load(self, files: Sequence[str]) -> float:
        """Fills the table, a file at a time; says in how many seconds. 20 µs an event."""
        began = time.monotonic()
        columns = ", ".join(f"{name} {_TYPES[dtype]}" for name, dtype in SCHEMA.items())  # type: ignore[index]  # classes
        with psycopg.connect(self.url, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(f"create table {TABLE} ({columns})")
            for file in files:
                rows = pl.read_parquet(file).select(list(SCHEMA))
                copy_in(cursor, f"copy {TABLE} ({', '.join(SCHEMA)}) from stdin (format csv)", rows)
        self.tidy()
        return time.monotonic() - began

    def tidy(self) -> None:
        """Statistics for the planner, and the visibility map that index-only scans need."""
        self._run(f"vacuum (analyze, freeze) {TABLE}")

    def build(self, indexes: Mapping[str, str]) -> list[Built]:
        """Makes the indexes, one after the other."""
        self._run("create extension if not exists pg_trgm")
        built = []
        for name, statement in indexes.items():
            before, began = self._index_bytes(), time.monotonic()
            self._run(statement)
            built.append(Built(name, time.monotonic() - began, self._index_bytes() - before))
        self.tidy()
        return built

    def table_bytes(self) -> int:
        """What the events take, without indexes."""
        return int(self._run(f"select pg_table_size('{TABLE}')"))

    def version(self) -> str:
        """Its version."""
        return str(self._run("show server_version"))

    def _index_bytes(self) -> int:
        return int(self._run(f"select pg_indexes_size('{TABLE}')"))

    def _run(self, statement: str) -> str:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return str(cursor.fetchall()[0][0]) if cursor.description else ""

    def memory_bytes(self) -> int:
        """What its processes hold now, shared memory counted once."""
        folder = str(self._home.resolve())
        total = 0
        for process in psutil.process_iter(["name"]):
            try:
                if process.info["name"] == "postgres" and _is_of(process, folder):
                    total += process.memory_full_info().pss
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
        return total


def _is_of(process: psutil.Process, folder: str) -> bool:
    return process.cwd().startswith(folder)


@dataclass(frozen=True, slots=True)
class PlainRelation(RecordRelation):
    """`events` as the plain table, so that the views run as they are."""

    def _record(self) -> sa.Subquery:
        columns = [*relation._columns(SCHEMA), sa.column("source_inet", INET())]
        text = f"select {', '.join(SCHEMA)}, null::inet as source_inet from {TABLE}"
        return sa.text(text).columns(*columns).subquery("record")

    def _events(
        self, connection: sa.Connection, wanted: EventFilter, added: Adornment | None, name: str = "events"
    ) -> sa.CTE:
        """As the record's own, but for the search, by `ilike`: an index serves it, and it is quicker without one."""
        record = self._record()
        where = conditions(record.c, wanted.with_values("search", ()), self.now, None)
        for word in wanted.search:
            where.append(sa.or_(*(record.c[column].ilike(f"%{word}%") for column in SEARCH_COLUMNS)))
        columns = [*(record.c[column] for column in SCHEMA), *relation._added(record, added)]
        return sa.select(*columns).where(*where).cte(name)

    def answer(
        self, view: str, schema: Schema, wanted: EventFilter, added: Adornment | None, limit: int | None
    ) -> pl.DataFrame:
        """In one statement, for a cursor as the record's own would forbid parallel plans; single rows are counted by
        `count(*)`, which is quicker than to add up ones.
        """
        with self._connection() as connection:
            text = view.replace("cast(sum(weight) as bigint)", "count(*)")
            answer = relation._view(text, schema).add_cte(self._events(connection, wanted, added)).subquery("answer")
            return relation._frame(connection.execute(sa.select(answer).limit(limit)).all(), schema)


@dataclass(frozen=True, slots=True)
class PlainEngine(RecordEngine):
    """Answers from the plain table."""

    @property
    def _relation(self) -> PlainRelation:
        return PlainRelation(self.reader, self.as_of, self.now)


class Postgres:
    """Asks one server."""

    def __init__(self, url: str, events: int, now: datetime) -> None:
        self._engine = PlainEngine(RecordReader(f"{url}&options=-c%20statement_timeout%3D0"), events, now)

    def ways(self, question: Question) -> Mapping[str, Callable[[], Answer]]:
        """The one way."""
        return {"views": lambda: by_views(self._engine, question)}
