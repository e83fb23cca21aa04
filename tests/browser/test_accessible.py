"""Each page, light and dark, against WCAG 2.2 AA, as far as axe can tell."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.sampled import Site

pytestmark = [pytest.mark.browser, pytest.mark.long]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PARTS = {"exclude": [[".span_brush"], [".span_brush_bg"]]}  # where a drag will be, nothing yet; Vega can't name it
SHOWN = {
    "overview": "Open all",
    "audit-logs": "in this view, per",
    "audit-logs?event=9000000000000002400": "Link to this event",
    "audit-logs?search=nothing+has+this": "No events match",
    "audit-logs?outcome=great": "This view can't be shown",
    "weekly": "What was deleted",
    "security": "Nights and weekends",
    "integrity": "Last checkpoint",
}
"""Pages, and a text that is there when the page is."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_a_rule(chromium: Browser, site: Site, scheme: str) -> None:
    context = chromium.new_context(
        viewport={"width": 1440, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    broken = [f"{scheme} {link}: {what}" for link, text in SHOWN.items() for what in _broken(page, site, link, text)]
    context.close()
    assert not broken, "\n".join(broken)


def _broken(page: Page, site: Site, link: str, text: str) -> list[str]:
    page.goto(f"{site.address}/{link}")
    expect(page.get_by_text(text).first).to_be_visible()
    page.wait_for_timeout(1000)  # what fades in has its colour
    violations = Axe().run(page, PARTS, RULES).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}" for rule in violations for node in rule["nodes"]
    ]
