"""Windows of the browser; what the browser complains of fails the test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.walk import opened


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A wide window; what the browser complains of fails the test."""
    yield from opened(chromium, width=1440, height=900)


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    yield from opened(chromium, width=390, height=844)


expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong
