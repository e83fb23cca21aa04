"""From a bump in a chart to its events, in a real browser: what a drag or a click narrows to, with the numbers."""

import csv
import io
import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.sampled import Site
from tests.browser.walk import TABLE, click_at, eventually, go, headers, link_says, rows

pytestmark = [pytest.mark.browser, pytest.mark.long]


def number(page: Page, text: str) -> int:
    """The number in front of a text on the page."""
    shown = page.get_by_text(re.compile(rf"[\d,]+ {text}")).last
    found = re.search(rf"([\d,]+) {text}", shown.inner_text())
    assert found is not None
    return int(found[1].replace(",", ""))


def settled(page: Page) -> int:
    """The number of events, once the bars, the count and the file show the same."""
    eventually(lambda: number(page, "in the bars") == number(page, "events?, as of"))
    return number(page, "in the bars")


def in_file(page: Page) -> int:
    """The rows of the CSV file that the page offers."""
    return len(file(page))


def file(page: Page) -> list[dict[str, str]]:
    link = page.get_by_role("link", name="CSV").get_attribute("href")
    text = page.request.get(f"{page.url.split('/audit-logs')[0]}{link}").text()
    return list(csv.DictReader(io.StringIO(text)))


def moment(text: str) -> datetime:
    """The second that a cell or a file begins with, whatever the zone."""
    return datetime.fromisoformat(text[:19])


def chart(page: Page, card: str) -> Locator:
    return page.locator(f".st-key-{card} [data-testid=stVegaLiteChart] svg").first


def click_mark(mark: Locator) -> None:
    """Clicks it and waits until it is drawn anew: a chart in which somebody chose is replaced by one without choice."""
    clicked = mark.element_handle()
    mark.click(force=True)  # over a bar lies a wider one, without colour
    eventually(lambda: not clicked.evaluate("mark => mark.isConnected"))


def shown(page: Page, key: str) -> Locator:
    """A button; of what a run before left behind, Streamlit keeps a hidden copy for a while."""
    return page.locator(f".st-key-{key} button").locator("visible=true").first


def drag(page: Page, what: Locator, first: float, last: float) -> None:
    """From one share of the width to another, until the page is of that range: a drag in a redrawn chart is lost."""
    before = page.url

    def done() -> bool:
        box = what.bounding_box()
        assert box is not None
        y = box["y"] + 16
        page.mouse.move(box["x"] + box["width"] * first, y)
        page.mouse.down()
        for step in (0.3, 0.6, 1.0):
            page.mouse.move(box["x"] + box["width"] * (first + (last - first) * step), y)
        page.mouse.up()
        page.wait_for_timeout(1_500)
        return page.url != before

    eventually(done)
    link_says(page, "since=")


def test_a_drag_is_a_range_of_time_with_a_way_back(page: Page, site: Site) -> None:
    go(page, site)
    whole = settled(page)
    drag(page, chart(page, "over-time"), 0.4, 0.7)
    eventually(lambda: settled(page) < whole / 2)
    assert settled(page) == in_file(page) > 100
    expect(page.get_by_role("button", name="Time: from")).to_be_visible()
    shown(page, "zoom-back").click()
    link_says(page, "since=", no=True)
    eventually(lambda: settled(page) >= whole)
    drag(page, page.locator(".st-key-over-time [data-testid=stVegaLiteChart] svg").last, 0.5, 0.9)
    eventually(lambda: settled(page) == in_file(page))


def test_a_legend_entry_and_a_region_filter_and_again_do_not(page: Page, site: Site) -> None:
    go(page, site)
    whole = settled(page)
    restore = chart(page, "over-time").locator(".role-legend-label text").filter(has_text="Restore")
    click_mark(restore)
    link_says(page, "category=Restore")
    eventually(lambda: settled(page) < whole / 2)
    assert settled(page) == in_file(page)
    click_mark(restore)
    link_says(page, "category", no=True)
    eventually(lambda: settled(page) >= whole)
    click_mark(chart(page, "failed-logins").locator(".mark-rect path").first)
    link_says(page, "region=")
    eventually(lambda: len({row[6] for row in rows(page)}) == 1)
    assert settled(page) == in_file(page)


def test_a_chart_is_drawn_as_its_menu_says_and_shows_its_numbers(page: Page, site: Site) -> None:
    go(page, site, "?category=Restore")
    whole = settled(page)
    shown(page, "look-menu").click()
    page.get_by_test_id("stPopoverBody").get_by_text("Lines", exact=True).click()
    link_says(page, "chart=lines")
    page.keyboard.press("Escape")
    expect(chart(page, "over-time").locator(".mark-line").first).to_be_visible()
    shown(page, "numbers-over-time").click()
    table = page.get_by_test_id("stPopoverBody").locator(f"{TABLE} table tbody tr")
    eventually(lambda: table.count() > 5)
    assert settled(page) == whole


def test_times_follow_the_reader_s_clock_and_the_file_stays_in_utc(chromium: Browser, site: Site) -> None:
    with chromium.new_context(viewport={"width": 1440, "height": 900}, timezone_id="Asia/Tokyo") as elsewhere:
        page = elsewhere.new_page()
        go(page, site, "?category=Restore&range=all")
        in_utc = rows(page)[0][-1]
        assert "UTC" in in_utc, "until somebody chooses"
        page.get_by_test_id("stSidebar").get_by_role("combobox").click()
        page.get_by_role("option", name="Asia/Tokyo (yours)").click()
        eventually(lambda: "+09:00" in rows(page)[0][-1])
        assert moment(rows(page)[0][-1]) - moment(in_utc) == timedelta(hours=9)
        newest = file(page)[0]["occurred_at"]
        assert moment(newest) == moment(in_utc)
        assert newest.endswith("Z")


def test_a_saved_view_is_this_browser_s_after_a_reload(page: Page, site: Site) -> None:
    go(page, site, "?category=Restore&columns=seq,category&density=compact")
    shown(page, "views-menu").click()
    shown(page, "view-new").click()
    page.get_by_role("dialog").get_by_label("Name").fill("What was restored")
    shown(page, "view-save").click()
    expect(shown(page, "views-menu")).to_have_text(re.compile("What was restored"))
    go(page, site)
    shown(page, "views-menu").click()
    page.get_by_test_id("stPopoverBody").get_by_text("What was restored").click()
    link_says(page, "density=compact")
    eventually(lambda: headers(page) == ["Seq", "Category"] and {row[1] for row in rows(page)} == {"Restore"})
    assert settled(page) == in_file(page)


def test_ten_thousand_values_are_found_by_typing_and_odd_names_stay_in_their_card(page: Page, site: Site) -> None:
    go(page, site, "?range=all")
    card = page.locator(".st-key-facets")
    card.get_by_text("Region", exact=True).click()
    expect(card.get_by_text("محمد عبد الله", exact=True)).to_be_visible()
    assert card.evaluate("card => card.scrollWidth <= card.clientWidth")
    card.get_by_text("Actor", exact=True).click()
    card.get_by_placeholder("Find in Actor").fill("user-0731")
    page.keyboard.press("Enter")
    expect(card.get_by_text("10 values with this text")).to_be_visible()
    page.locator(".st-key-facet\\:3\\:actor button, [class*='st-key-facet-3-actor'] button").first.click()
    link_says(page, "actor=user-07313")
    eventually(lambda: [row[1] for row in rows(page)] == ["user-07313"])
    assert settled(page) == in_file(page) == 1


def test_a_cell_narrows_and_excludes(page: Page, site: Site) -> None:
    go(page, site)
    whole = settled(page)
    actor = rows(page)[2][1]
    box = page.locator(f"{TABLE} canvas").first.bounding_box()
    assert box is not None
    click_at(page, box["x"] + 120, box["y"] + 36 + 58 * 2 + 29)
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text(f"Actor: {actor}")).to_be_visible()
    drawer.get_by_role("button", name="Not this").click()
    link_says(page, "not-actor=")
    eventually(lambda: settled(page) < whole)
    assert actor not in {row[1] for row in rows(page)}
    assert settled(page) == in_file(page)


def test_a_page_s_way_to_itself_is_in_the_address(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/weekly")
    week = page.get_by_text("ISO week")
    newest = week.inner_text().partition(",")[0]  # what follows tells the minute
    page.get_by_role("button", name="Week before").click()
    expect(page).to_have_url(re.compile(r"/weekly\?week="))
    expect(week).not_to_contain_text(newest)
    before = week.inner_text()
    page.reload()
    expect(week).to_have_text(before)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Weekly").click()
    expect(week).to_contain_text(newest)
    expect(page).to_have_url(f"{site.address}/weekly")
    page.go_back()
    expect(week).to_have_text(before)
    go(page, site, "?category=Auth")
    whole = settled(page)
    page.locator(".st-key-chips").get_by_role("button", name="Category: Auth").click()
    eventually(lambda: settled(page) > whole)
    page.go_back()
    eventually(lambda: settled(page) == whole)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Audit Logs").click()  # soon after: it counts at once
    eventually(lambda: settled(page) > whole)
    expect(page).to_have_url(f"{site.address}/audit-logs")
