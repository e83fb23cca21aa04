"""Real logs for tests: one embedded server a test run, its schema made once, and a database of its own cloned for each
test. A module that says `pytestmark = on_both_servers` has its tests run on an older PostgreSQL too.

Only benches wait for a disk: else temporary files are in memory where there is room, and servers do not sync.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest

from dashboard.config import Settings
from dashboard.events.event import AuditEvent
from dashboard.keeping.log import Log, embedded_urls, open_log
from dashboard.keeping.sealer import Sealer
from dashboard.record.connect import Urls
from dashboard.record.embedded import Endpoint, serving
from dashboard.record.migrate import create_database, migrate
from tests.older_postgresql import older_server

TEMPLATE = "auditlens_template"
_MEMORY = Path("/dev/shm")
Fill = Callable[[Log], None]
on_both_servers = pytest.mark.on_both_servers


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "on_both_servers: its log is on the embedded server, then on an older one")
    if _no_benches(config) and "TMPDIR" not in os.environ and _holds_files(_MEMORY):
        tempfile.tempdir = os.environ["TMPDIR"] = str(_MEMORY)


def _no_benches(config: pytest.Config) -> bool:
    """Whether this run measures nothing, as by the default of `-m`."""
    return config.getoption("markexpr") == "not bench"


def _holds_files(memory: Path) -> bool:
    """Whether a server's files find room there, and copies of its programs start."""
    if not memory.is_dir():
        return False
    found = os.statvfs(memory)
    return found.f_bavail * found.f_frsize >= 8 << 30 and not found.f_flag & os.ST_NOEXEC


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("on_both_servers") and "postgres" in metafunc.fixturenames:
        metafunc.parametrize("postgres", ["embedded", "older"], indirect=True)


@dataclass(frozen=True)
class TestServer:
    """The run's database server; `superuser` is for looking behind the scenes, never for the code under test."""

    __test__ = False
    endpoint: Endpoint

    def url(self, role: str, database: str) -> str:
        return self.endpoint.url(role, database)

    def clone(self, name: str, model: str = TEMPLATE) -> None:
        """Makes a database like `model`, which nobody may be connected to. Its files are copied: page by page, through
        the log of writes, takes four times as long.
        """
        self.execute(f"create database {name} template {model} strategy file_copy")

    def execute(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self.url(self.endpoint.superuser, database), autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[TestServer]:
    """One PostgreSQL for all tests of a process. Its folder is its own: pytest closes its folders to the account root
    lends the server.
    """
    with tempfile.TemporaryDirectory(prefix="auditlens-test-") as folder:
        Path(folder).chmod(0o711)
        with serving(Path(folder) / "home") as endpoint:
            yield with_template(endpoint, syncs=not _no_benches(request.config))


def with_template(endpoint: Endpoint, *, syncs: bool = False) -> TestServer:
    """The server, once it holds an empty log to clone. It waits for its disk only if told to."""
    found = TestServer(endpoint)
    for setting in () if syncs else ("fsync = off", "full_page_writes = off"):
        found.execute(f"alter system set {setting}")
    found.execute("select pg_reload_conf()")
    create_database(found.url(endpoint.superuser, "postgres"), TEMPLATE)
    migrate(found.url(endpoint.superuser, TEMPLATE))
    return found


@pytest.fixture(scope="session")
def older_postgresql() -> Iterator[TestServer]:
    """A PostgreSQL 15 to 17, one for all tests of a process that ask for it."""
    with older_server() as endpoint:
        yield with_template(endpoint)


@pytest.fixture
def postgres(request: pytest.FixtureRequest) -> TestServer:
    """The server that a test's log is on: the embedded one, unless the test asks for the older."""
    older = getattr(request, "param", "embedded") == "older"
    found: TestServer = request.getfixturevalue("older_postgresql" if older else "server")
    return found


@dataclass(frozen=True)
class Model:
    """A log that tests get copies of: its database, which nobody is connected to, and its files, if it has any."""

    database: str = TEMPLATE
    home: Path | None = None


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Callable[[TestServer, Fill], Model]:
    """Gives the log of a server that was filled in this way, once for all tests of a process."""
    made: dict[tuple[TestServer, Fill], Model] = {}

    def model(server: TestServer, fill: Fill) -> Model:
        if (server, fill) not in made:
            found = Model(f"model_{len(made)}", tmp_path_factory.mktemp("model"))
            server.clone(found.database)
            assert found.home is not None
            fill(opened(server, found.database, found.home))
            made[server, fill] = found
        return made[server, fill]

    return model


@pytest.fixture
def fill() -> Fill | None:
    """What the test's log is filled by before the test; a module may say how. None: it is empty."""
    return None


@pytest.fixture
def model(postgres: TestServer, fill: Fill | None, models: Callable[[TestServer, Fill], Model]) -> Model:
    """What the test's log is a copy of."""
    return models(postgres, fill) if fill else Model()


@pytest.fixture
def database(postgres: TestServer, model: Model) -> Iterator[str]:
    """The name of the database of the test's log."""
    name = f"test_{secrets.token_hex(6)}"
    postgres.clone(name, model.database)
    yield name
    postgres.execute(f"drop database {name} with (force)")


@pytest.fixture
def log(postgres: TestServer, model: Model, database: str, tmp_path: Path) -> Log:
    """The test's log, opened: its own database, its own archive folder, the roles of a real one."""
    if model.home:
        shutil.copytree(model.home, tmp_path, dirs_exist_ok=True)
    return opened(postgres, database, tmp_path)


def opened(server: TestServer, database: str, home: Path) -> Log:
    """The log in a database of a server, with its files under `home`."""
    urls = embedded_urls(server.endpoint)
    here = {part: server.url(f"auditlens_{part}", database) for part in ("writer", "reader", "sealer", "redactor")}
    settings = Settings(home=home, archive=str(home / "archive"))
    with psycopg.connect(here["reader"]) as connection:
        row = connection.execute("select log_id::text from log").fetchone()
    assert row is not None
    return Log(settings=settings, urls=replace(urls, **here), log_id=row[0], demo=False, embedded=True)


@pytest.fixture
def home_log() -> Iterator[Log]:
    """A log with a home and a server of its own, so that every file of it can be searched."""
    with tempfile.TemporaryDirectory(prefix="auditlens-home-") as folder:
        Path(folder).chmod(0o711)
        with open_log(Settings(home=Path(folder) / "home")) as log:
            yield log


@pytest.fixture
def admin(postgres: TestServer, database: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """The superuser's connection to the test's database: what an attacker with all rights has."""
    with psycopg.connect(postgres.url(postgres.endpoint.superuser, database), autocommit=True) as connection:
        yield connection


@pytest.fixture
def external(postgres: TestServer, database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Urls:
    """The test's database as the environment of commands run in this process, each part by its own login."""
    urls = logins(postgres, database)
    for name, value in variables(urls, tmp_path).items():
        monkeypatch.setenv(name, value)
    return urls


def logins(server: TestServer, database: str) -> Urls:
    """Every login to a database of a server."""
    parts = {part: server.url(f"auditlens_{part}", database) for part in ("writer", "reader", "sealer", "redactor")}
    return Urls(admin=server.url(server.endpoint.superuser, database), **parts)


def variables(urls: Urls, home: Path) -> dict[str, str]:
    """The environment of commands that use these logins, with their files under `home`."""
    parts = ("admin", "writer", "reader", "sealer", "redactor")
    return {"AUDITLENS_HOME": str(home)} | {f"AUDITLENS_{part.upper()}_URL": urls.of(part) for part in parts}


@pytest.fixture
def filled(log: Log) -> Callable[[list[AuditEvent]], Log]:
    """Appends and seals events, and gives the log back."""

    def fill(events: list[AuditEvent], *, mirrored: int = 0) -> Log:
        with log.appender() as appender, Sealer(log) as sealer:
            if mirrored:
                appender.append(events[:mirrored])
                sealer.seal()
                sealer.mirror()
            appender.append(events[mirrored:])
            sealer.seal()
        return log

    return fill
