"""What all tests share: the logs of log_fixtures, and a Chromium, one process for a test run."""

import os
import sys
from collections.abc import Iterator

import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from tests import install
from tests.thorough import cases

pytest_plugins = ["tests.log_fixtures"]
BROWSER = "tests/browser/"
hypothesis.settings.register_profile("tests", deadline=None, max_examples=cases(100))  # a busy machine is slow
hypothesis.settings.load_profile("tests")

if not hasattr(sys.modules["__main__"], "__file__"):
    sys.ps1 = ""  # pyspark takes a test worker, whose main module has no file, for its own doctests, and ends it


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests wait for servers, browsers and killed processes."""
    return (os.cpu_count() or 1) + 1


class ByFile(LoadFileScheduling):  # type: ignore[misc]
    """A file's tests stay together, and so do all that walk in a browser: two at once would wait for each other."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return BROWSER if file.startswith(BROWSER) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files begin first: else one of them, begun last, is waited for by all others."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser, or the test is skipped, and with CI=true failed, where none could be installed."""
    path = install.CHROMIUM.here()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """A page that ran in a test leaves itself as the main module, which a process that is spawned later would load."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
