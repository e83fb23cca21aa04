"""Each page, light and dark, against WCAG 2.2 AA, as far as axe can tell."""

from collections.abc import Iterator, Mapping

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_audit_logs import Site, site  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.long]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PAGES = (
    "audit-logs",
    "audit-logs?event=2399",
    "audit-logs?search=nothing+has+this",
    "audit-logs?outcome=great",
    "integrity",
)
STREAMLITS: Mapping[str, str] = {}
"""What Streamlit's own elements break, by rule: the selector of the element, which no page of ours can change."""


@pytest.fixture(scope="module", params=["light", "dark"])
def window(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = chromium.new_context(
        viewport={"width": 1440, "height": 900}, color_scheme=request.param, reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("link", PAGES)
def test_no_page_breaks_a_rule(window: Page, site: Site, link: str) -> None:
    window.goto(f"{site.address}/{link}")
    expect(window.get_by_role("heading", level=1)).to_be_visible()
    window.wait_for_timeout(1500)
    found = Axe().run(window, options=RULES).response["violations"]
    said = [
        (one["id"], node["target"], node["failureSummary"])
        for one in found
        for node in one["nodes"]
        if STREAMLITS.get(one["id"], "?") not in str(node["target"])
    ]
    assert not said, "\n".join(map(str, said))
