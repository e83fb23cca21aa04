"""The log for everyone: by the keyboard alone, narrow or enlarged, on paper, and with names that mean harm."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.sampled import Site
from tests.browser.test_accessible import RULES
from tests.browser.walk import PATHS, TABLE, eventually, go, link_says, rows, settled

pytestmark = [pytest.mark.browser, pytest.mark.long]

SVG = "{http://www.w3.org/2000/svg}"
_NAMED = (
    "() => { const one = document.activeElement.closest('a, button'); return one?.ariaLabel || one?.innerText || ''; }"
)


def bar(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search")


def offers(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Suggestions").get_by_role("option")


def tab_to(page: Page, name: str) -> None:
    """Moves on by Tab alone until what has this name has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if name in page.evaluate(_NAMED):
            return
    raise AssertionError(f"no Tab leads to {name}")


def test_keys_alone_lead_from_a_filter_to_a_chart_a_row_and_a_file(page: Page, site: Site) -> None:
    go(page, site)
    page.wait_for_function("() => window.auditlensKeys && window.auditlensCompletion")
    page.keyboard.press("/")
    page.keyboard.type("ACTI")
    expect(offers(page)).to_have_text(["action:what was done"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(bar(page)).to_have_value("action:")
    expect(offers(page)).to_have_count(7)
    expect(offers(page).first).to_contain_text(re.compile(r"\d$"))
    broken = Axe().run(page, {"include": [["#auditlens-offers"], [".st-key-filter-bar"]]}, {"runOnly": list(RULES)})
    assert not broken.response["violations"]
    page.keyboard.type("fail")
    expect(offers(page)).to_have_count(1)
    page.keyboard.press("ArrowUp")
    expect(bar(page)).to_have_attribute("aria-activedescendant", "auditlens-offer-0")
    page.keyboard.press("Enter")
    expect(bar(page)).to_have_value('action:"Login Failed" ')
    page.keyboard.press("Enter")
    link_says(page, "action=Login+Failed")
    eventually(lambda: {row[3] for row in rows(page)} == {"Login Failed"})
    expect(page.get_by_text("failed logins in this view: 20%")).to_be_visible()  # the charts are of it too
    settled(page)
    expect(bar(page)).to_be_focused()
    tab_to(page, "The numbers as a table")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stPopoverBody").locator(f"{TABLE} table tbody tr").first).to_be_attached()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
    settled(page)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_text("Login Failed").first).to_be_visible()
    settled(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    settled(page)
    tab_to(page, "CSV")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    lines = Path(download.value.path()).read_text().splitlines()
    assert len(lines) > 50
    assert all("Login Failed" in line for line in lines[1:])


def test_what_harms_is_offered_as_text_and_escape_closes_the_list_alone(page: Page, site: Site) -> None:
    go(page, site, "?range=all")
    page.wait_for_function("() => window.auditlensCompletion")
    line = page.get_by_placeholder("Search:")
    line.press_sequentially('-actor:"<SCR')
    expect(offers(page).first).to_contain_text("<script>alert(1)</script> **bold**")
    assert page.locator("#auditlens-offers script, #auditlens-offers a, #auditlens-offers strong").count() == 0
    page.keyboard.press("Escape")
    expect(offers(page)).to_have_count(0)
    expect(line).to_be_focused()
    expect(line).to_have_value('-actor:"<SCR')
    page.keyboard.press("ArrowDown")
    offers(page).first.click()
    page.keyboard.press("Enter")
    link_says(page, "not-actor=%3Cscript")


def test_a_web_address_in_the_log_is_no_link(page: Page, site: Site) -> None:
    go(page, site, "?range=all&category=www.evil.example")
    chip = page.get_by_role("button", name="Category: www\u2060.evil.example")
    expect(chip).to_be_visible()
    page.get_by_role("button", name="+ Category").click()
    expect(page.get_by_test_id("stPopoverBody").get_by_text("www\u2060.evil.example")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".st-key-facets").get_by_text("Action", exact=True).click()
    expect(page.locator(".st-key-facets").get_by_text("mail a@evil.example")).to_be_visible()
    led_to = page.locator("a[href]").evaluate_all("links => links.map(link => link.hostname || link.href)")
    assert not [link for link in led_to if "evil" in link]


def test_a_chart_becomes_an_svg_file_of_shapes_and_texts(page: Page, site: Site) -> None:
    go(page, site)
    chart = page.locator(".st-key-over-time [data-testid=stVegaLiteChart]").first
    expect(chart.locator("svg.marks")).to_be_visible()
    settled(page)
    button = page.locator(".st-key-over-time").get_by_role("button", name="Download as SVG").first

    def shown() -> bool:  # a chart that is drawn anew below a resting mouse hides it until the mouse comes again
        page.mouse.move(0, 0)
        chart.hover()
        page.wait_for_timeout(300)
        return button.evaluate("one => getComputedStyle(one.closest('[data-testid=stElementToolbar]')).opacity") == "1"

    eventually(shown)
    with page.expect_download() as download:
        button.click()
    assert download.value.suggested_filename == "actions-over-time.svg"
    root = ElementTree.parse(download.value.path()).getroot()
    texts = [one.text or "" for one in root.iter(f"{SVG}text")]
    assert texts[0] == root.findtext(f"{SVG}title") == "Actions over time"
    assert {"Time (UTC)", "Auth", "Restore"} <= set(texts)
    assert re.search(r"Audit Logs · Auditlens, saved .* UTC$", " ".join(texts))
    kinds = {one.tag.removeprefix(SVG) for one in root.iter()}
    assert kinds <= {"svg", "g", "path", "rect", "line", "text", "title", "desc", "defs", "clipPath"}
    assert not [name for one in root.iter() for name in one.attrib if name.startswith("on") or "href" in name]


def test_no_page_has_to_be_moved_sideways(page: Page, site: Site) -> None:
    for path in PATHS:
        page.set_viewport_size({"width": 720, "height": 450})
        page.goto(f"{site.address}/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        told = page.get_by_text(re.compile(r"As of #|Last checkpoint|waiting to be sealed"))
        expect(told.first).to_be_visible()
        for width in (720, 390):  # a window of 1440 at 200 %, a telephone
            page.set_viewport_size({"width": width, "height": 450})
            settled(page)
            page.wait_for_timeout(300)  # charts and the grid are drawn to their new width a moment later
            assert page.get_by_test_id("stMain").evaluate("main => main.scrollWidth - main.clientWidth") <= 0, path
            if path == "audit-logs":  # a chart has room: below the table, not beside it
                assert page.locator(".st-key-over-time").evaluate("card => card.clientWidth") > width / 2
    page.set_viewport_size({"width": 1440, "height": 900})


def test_on_paper_the_numbers_stay_and_the_controls_go(page: Page, site: Site) -> None:
    page.emulate_media(color_scheme="dark")
    go(page, site)
    expect(page.locator(".st-key-over-time svg.marks").first).to_be_visible()
    settled(page)
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for gone in (".st-key-filter-bar", "[data-testid=stSidebar]", ".st-key-exports", ".st-key-facets"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.locator(".st-key-over-time svg.marks").first).to_be_visible()
    expect(page.locator(f"{TABLE} canvas").first).to_be_visible()
    colours = "() => [...document.querySelectorAll('h1, h5, .st-key-chips p')].map(one => getComputedStyle(one).color)"
    assert set(page.evaluate(colours)) == {"rgb(22, 25, 27)"}
    assert page.evaluate("() => document.documentElement.dataset.printed") == "dark"
    page.emulate_media(media="screen", color_scheme="light")
