"""The Chromium of the browser tests: one process for a test run, a fresh profile for each test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import install


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = install.find()
    if path is None and install.required():
        pytest.fail(install.MISSING)
    if path is None:
        pytest.skip(install.MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()
