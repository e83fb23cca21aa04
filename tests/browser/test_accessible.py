"""Each page, light and dark, against WCAG 2.2 AA, as far as axe can tell."""

from collections.abc import Iterator, Sequence

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.sampled import Site
from tests.browser.walk import settled

pytestmark = [pytest.mark.browser, pytest.mark.long]

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
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

_BACKGROUND = "() => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"


def test_no_page_breaks_a_rule(chromium: Browser, site: Site) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    broken = [f"{link}, {what}" for link, text in SHOWN.items() for what in _broken(page, site, link, text)]
    context.close()
    assert not broken, "\n".join(broken)


def _broken(page: Page, site: Site, link: str, text: str) -> Iterator[str]:
    """All rules in the light, those of colours again in the dark."""
    page.emulate_media(color_scheme="light")
    page.goto(f"{site.address}/{link}")
    expect(page.get_by_text(text).first).to_be_visible()
    settled(page)
    yield from _found(page, "light", RULES)
    light = page.evaluate(_BACKGROUND)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"light => ({_BACKGROUND})() !== light", arg=light)
    yield from _found(page, "dark", ["color-contrast"])


def _found(page: Page, scheme: str, rules: Sequence[str]) -> Iterator[str]:
    page.wait_for_timeout(700)  # what fades has its colour
    for rule in Axe().run(page, PARTS, {"runOnly": rules, "resultTypes": ["violations"]}).response["violations"]:
        for node in rule["nodes"]:
            yield f"{scheme}: {rule['id']}: {node['html'][:200]} {node['failureSummary']}"
