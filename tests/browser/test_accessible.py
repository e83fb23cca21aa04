"""Each page, light and dark, against WCAG 2.2 AA, as far as axe can tell."""

from collections.abc import Iterator, Mapping, Sequence

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

MENUS = {
    ".st-key-category-menu": "Except",
    ".st-key-time-menu": "By the calendar",
    ".st-key-more-menu": "A text matches",
    ".st-key-views-menu": "Save what is on screen",
    ".st-key-columns-menu": "A row has",
    ".st-key-look-menu": "Draw as",
    ".st-key-numbers-regions": "",
    ".st-key-share": "As it moves on",
    ".st-key-exports": "Parquet",
    ".st-key-keys-help": "opens the row",
}
"""The buttons of the log's menus, and a text that is there when one is open."""

_BACKGROUND = "() => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"


def test_no_page_breaks_a_rule(chromium: Browser, site: Site) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    broken = [f"{link}, {what}" for link, text in SHOWN.items() for what in _broken(page, site, link, text)]
    context.close()
    assert not broken, "\n".join(broken)


def test_no_menu_and_no_dialog_breaks_a_rule(chromium: Browser, site: Site) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{site.address}/audit-logs")
    expect(page.get_by_text("in the bars").first).to_be_visible()
    settled(page)
    broken: list[str] = []
    for menu, text in MENUS.items():
        page.locator(f"{menu} button").first.click()
        body = page.get_by_test_id("stPopoverBody")
        expect(body.get_by_text(text).first if text else body.locator("canvas").first).to_be_visible()
        settled(page)
        broken += [f"{menu}, {what}" for what in _in_both(page, "[data-testid=stPopoverBody]")]
        if menu == ".st-key-views-menu":
            body.get_by_role("button", name=text).click()
            expect(page.get_by_role("dialog").get_by_text("Who sees it")).to_be_visible()
            settled(page)
            broken += [f"dialog, {what}" for what in _in_both(page, "[role=dialog]")]
        page.keyboard.press("Escape")
        expect(page.locator("[data-testid=stPopoverBody], [role=dialog]")).to_have_count(0)
        settled(page)
    context.close()
    assert not broken, "\n".join(broken)


def _in_both(page: Page, part: str) -> Iterator[str]:
    """A part of the page as it is, then in the other colours, where those alone are looked at."""
    now = page.evaluate(_BACKGROUND)
    is_dark = page.evaluate("() => matchMedia('(prefers-color-scheme: dark)').matches")
    yield from _found(page, "as it is", RULES, {"include": [[part]]})
    page.emulate_media(color_scheme="light" if is_dark else "dark")
    page.wait_for_function(f"now => ({_BACKGROUND})() !== now", arg=now)
    yield from _found(page, "in the other colours", ["color-contrast"], {"include": [[part]]})


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


def _found(
    page: Page, scheme: str, rules: Sequence[str], parts: Mapping[str, list[list[str]]] = PARTS
) -> Iterator[str]:
    page.wait_for_timeout(700 if parts is PARTS else 200)  # what fades has its colour
    for rule in Axe().run(page, dict(parts), {"runOnly": rules, "resultTypes": ["violations"]}).response["violations"]:
        for node in rule["nodes"]:
            yield f"{scheme}: {rule['id']}: {node['html'][:200]} {node['failureSummary']}"
