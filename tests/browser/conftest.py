"""Windows of the browser; what the browser complains of fails the test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.sampled import Site, sampled
from tests.browser.walk import opened, window


@pytest.fixture(scope="session")
def wide(chromium: Browser) -> Iterator[BrowserContext]:
    yield from window(chromium, width=1440, height=900)


@pytest.fixture(scope="session")
def narrow(chromium: Browser) -> Iterator[BrowserContext]:
    yield from window(chromium, width=390, height=844)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server over the sample log for all tests that walk through its pages."""
    with sampled(tmp_path_factory.mktemp("site")) as served:
        yield served


@pytest.fixture
def page(wide: BrowserContext) -> Iterator[Page]:
    """A page in a wide window; what the browser complains of fails the test."""
    yield from opened(wide)


@pytest.fixture
def phone(narrow: BrowserContext) -> Iterator[Page]:
    yield from opened(narrow)


expect.set_options(timeout=60_000)  # a busy machine is slow, not wrong
