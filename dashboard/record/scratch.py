"""A scratch PostgreSQL for drills: a server in a temporary folder, databases to copy, and a superuser's hands.

Nothing here can reach a real log: the connection is to a server that this module started itself.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql as literal

from dashboard.record.connect import Urls, connect, driver_errors, sql
from dashboard.record.embedded import Endpoint, serving
from dashboard.record.migrate import create_database, migrate

_PARTS = ("writer", "reader", "sealer", "redactor")


class ScratchServer:
    """A server that lives as long as the block it is opened for."""

    def __init__(self, endpoint: Endpoint, folder: Path) -> None:
        self._endpoint = endpoint
        self.folder = folder

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[Self]:
        """A server in a temporary folder, which goes with it."""
        with tempfile.TemporaryDirectory(prefix="auditlens-drill-") as folder:
            Path(folder).chmod(0o711)  # the account that root lends the server passes through
            with serving(Path(folder) / "home") as endpoint:
                server = cls(endpoint, Path(folder))
                for setting in ("fsync = off", "full_page_writes = off"):  # what it holds is thrown away
                    server._run(literal.SQL("alter system set " + setting))
                server._run(literal.SQL("select pg_reload_conf()"))
                yield server

    def make(self, name: str) -> str:
        """Makes an empty log in a database of this name, and gives its id."""
        create_database(self._endpoint.url(self._endpoint.superuser, "postgres"), name)
        return migrate(self._endpoint.url(self._endpoint.superuser, name)).log_id

    def copy(self, name: str, to: str) -> None:
        """Copies a database that nobody is connected to."""
        self._run(
            literal.SQL("create database {} template {} strategy file_copy").format(
                *map(literal.Identifier, (to, name))
            )
        )

    def drop(self, name: str) -> None:
        """Drops a database and whoever is connected to it."""
        self._run(literal.SQL("drop database {} with (force)").format(literal.Identifier(name)))

    def _run(self, statement: literal.SQL | literal.Composed) -> None:
        with driver_errors(), connect(self._endpoint.url(self._endpoint.superuser, "postgres"), "drill") as connection:
            connection.execute(statement)

    def urls(self, name: str) -> Urls:
        """The logins to a database."""
        return Urls(**{part: self._endpoint.url(f"auditlens_{part}", name) for part in _PARTS})

    @contextmanager
    def superuser(self, name: str) -> Iterator["Superuser"]:
        """A superuser's hands on a database."""
        with driver_errors(), connect(self._endpoint.url(self._endpoint.superuser, name), "drill") as connection:
            yield Superuser(connection)


class Superuser:
    """Somebody with all rights on a scratch database; runs the statements of `queries/drill/`."""

    def __init__(self, connection: "psycopg.Connection[tuple[Any, ...]]") -> None:
        self.connection = connection

    @contextmanager
    def past_the_guards(self) -> Iterator[None]:
        """Rewrites without a trace: the guards are off within one transaction and on again when it ends."""
        with self.connection.transaction():
            self.run("guards_off")
            yield
            self.run("guards_on")

    def run(self, name: str, **values: object) -> int:
        """Runs a statement and says how many rows it touched."""
        return self.connection.execute(sql(f"drill/{name}").encode(), values or None).rowcount

    def rows(self, name: str, **values: object) -> list[tuple[Any, ...]]:
        """Runs a statement and gives its rows."""
        return self.connection.execute(sql(f"drill/{name}").encode(), values or None).fetchall()

    def value(self, name: str, **values: object) -> Any:
        """The one value that a statement gives."""
        return self.rows(name, **values)[0][0]

    def set_tree(
        self, tiles: Mapping[tuple[int, int], bytes], edges: Mapping[int, bytes], roots: Mapping[int, bytes]
    ) -> None:
        """Writes a whole tree: its tiles, its right edge, and the root of each seal by tree size."""
        self.run("clear_tiles")
        for (level, number), hashes in tiles.items():
            self.run("insert_tile", level=level, number=number, hashes=hashes)
        for level, hashes in edges.items():
            self.run("insert_edge", level=level, hashes=hashes)
        for size, root in roots.items():
            self.run("set_seal_root", size=size, root=root)
