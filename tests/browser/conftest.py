"""Windows of the browser; what the browser complains of fails the test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.keeping.log import Log
from tests import log_fixtures
from tests.browser.sampled import Site, sampled
from tests.browser.walk import opened, window
from tests.log_fixtures import TestServer


@pytest.fixture(scope="session")
def wide(chromium: Browser) -> Iterator[Page]:
    yield from window(chromium, width=1440, height=900)


@pytest.fixture(scope="session")
def narrow(chromium: Browser) -> Iterator[Page]:
    yield from window(chromium, width=390, height=844)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server over the sample log for all tests that walk through its pages."""
    with sampled(tmp_path_factory.mktemp("site")) as served:
        yield served


@pytest.fixture(scope="module")
def database(server: TestServer, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of the database of the log that all tests of a file share."""
    name = request.module.__name__.rpartition(".")[2]
    server.clone(name)
    yield name
    server.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="module")
def log(server: TestServer, database: str, tmp_path_factory: pytest.TempPathFactory) -> Log:
    return log_fixtures.opened(server, database, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def environment(server: TestServer, database: str, log: Log) -> dict[str, str]:
    """Of commands on that log."""
    return log_fixtures.variables(log_fixtures.logins(server, database), log.settings.home)


@pytest.fixture
def page(wide: Page) -> Iterator[Page]:
    """A page in a wide window; what the browser complains of fails the test."""
    yield from opened(wide)


@pytest.fixture
def phone(narrow: Page) -> Iterator[Page]:
    yield from opened(narrow)


expect.set_options(timeout=60_000)  # a busy machine is slow, not wrong
