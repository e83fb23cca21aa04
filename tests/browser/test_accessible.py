"""Each page, light and dark, against WCAG 2.2 AA, as far as axe can tell."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.sampled import Site
from tests.browser.walk import settled
from tests.thorough import THOROUGH

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

IN_THE_DARK = ("audit-logs", "audit-logs?event=9000000000000002400", "security", "integrity")
"""The pages that also a short run looks at in the dark: tables, charts, a drawer and badges of each colour."""

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


@pytest.fixture
def still(page: Page) -> Page:
    """The window of a reader for whom nothing fades or slides: what is drawn has its colour."""
    page.emulate_media(reduced_motion="reduce")
    return page


def test_no_page_breaks_a_rule(still: Page, site: Site) -> None:
    broken = [f"{link}, {what}" for link, text in SHOWN.items() for what in _broken(still, site, link, text)]
    assert not broken, "\n".join(broken)


def test_no_menu_and_no_dialog_breaks_a_rule(still: Page, site: Site) -> None:
    page = still
    page.goto(f"{site.address}/audit-logs")
    expect(page.get_by_text("in the bars").first).to_be_visible()
    settled(page)
    broken = [*_of_menus(page, "light", RULES)]
    if THOROUGH:
        _turn(page, "dark")
        broken += _of_menus(page, "dark", ["color-contrast"])
    assert not broken, "\n".join(broken)


def _of_menus(page: Page, scheme: str, rules: Sequence[str]) -> Iterator[str]:
    for menu, text in MENUS.items():
        page.locator(f"{menu} button").first.click()
        body = page.get_by_test_id("stPopoverBody")
        expect(body.get_by_text(text).first if text else body.locator("canvas").first).to_be_visible()
        if menu == ".st-key-time-menu":
            body.get_by_text("A time of your own").click()
            expect(body.get_by_text("From (UTC)")).to_be_visible()
        settled(page)
        yield from _found(page, f"{menu}, {scheme}", rules, {"include": [["[data-testid=stPopoverBody]"]]})
        if menu == ".st-key-views-menu":
            body.get_by_role("button", name=text).click()
            expect(page.get_by_role("dialog").get_by_text("Who sees it")).to_be_visible()
            settled(page)
            yield from _found(page, f"dialog, {scheme}", rules, {"include": [["[role=dialog]"]]})
        page.keyboard.press("Escape")
        expect(page.locator("[data-testid=stPopoverBody], [role=dialog]")).to_have_count(0)
        settled(page)


def _turn(page: Page, scheme: Literal["light", "dark"]) -> None:
    now = page.evaluate(_BACKGROUND)
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(f"now => ({_BACKGROUND})() !== now", arg=now)


def _broken(page: Page, site: Site, link: str, text: str) -> Iterator[str]:
    """All rules in the light; those of colours again in the dark, in a short run of some pages."""
    page.emulate_media(color_scheme="light")
    page.goto(f"{site.address}/{link}")
    expect(page.get_by_text(text).first).to_be_visible()
    settled(page)
    yield from _found(page, "light", RULES)
    if THOROUGH or link in IN_THE_DARK:
        _turn(page, "dark")
        yield from _found(page, "dark", ["color-contrast"])


def _found(
    page: Page, scheme: str, rules: Sequence[str], parts: Mapping[str, list[list[str]]] = PARTS
) -> Iterator[str]:
    page.wait_for_timeout(700 if parts is PARTS else 200)  # what fades has its colour
    for rule in Axe().run(page, dict(parts), {"runOnly": rules, "resultTypes": ["violations"]}).response["violations"]:
        for node in rule["nodes"]:
            yield f"{scheme}: {rule['id']}: {node['html'][:200]} {node['failureSummary']}"
