"""The ways through the page that only a browser can walk."""

import csv
import json
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from dashboard.web.log.log_table import HEADER_PIXELS, ROW_PIXELS
from tests.browser.sampled import Site
from tests.browser.walk import TABLE, click_header, click_row, eventually, go, headers, link_says, rows, settled

pytestmark = [pytest.mark.browser, pytest.mark.long]


def test_an_address_of_a_filter_alone_leads_to_the_log(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/?category=Auth")
    expect(page.get_by_role("heading", name="Audit Logs")).to_be_visible()
    link_says(page, "/audit-logs?category=Auth")
    expect(page.get_by_test_id("stSidebar").get_by_text("Audit Logs")).to_be_visible()


def test_header_clicks_sort_everything_in_three_turns(page: Page, site: Site) -> None:
    go(page, site)
    unsorted = rows(page)
    for link, label in (("sort=actor%3Adesc", "Actor ↓"), ("sort=actor%3Aasc", "Actor ↑"), ("", "Actor")):
        click_header(page, "Actor")
        eventually(lambda label=label: label in headers(page))
        assert link in page.url
        if label == "Actor ↑":
            eventually(lambda: {row[1][:4] for row in rows(page)[:5]} <= {"<scr", "ayse"})
            click_row(page, 2)  # a header was chosen before: it must not stand in a row's way
            link_says(page, "event=")
            settled(page)
            page.keyboard.press("Escape")
            link_says(page, "event=", no=True)
    assert "sort" not in page.url
    eventually(lambda: [row[4] for row in rows(page)] == [row[4] for row in unsorted])


def test_a_category_a_search_and_a_chip_narrow_and_widen(page: Page, site: Site) -> None:
    go(page, site)
    settled(page)
    page.get_by_role("button", name="+ Category").click()
    page.get_by_test_id("stPopoverBody").get_by_text("Restore").click()
    link_says(page, "category=Restore")
    settled(page)
    page.keyboard.press("Escape")
    settled(page)
    eventually(lambda: {row[2] for row in rows(page)} == {"Restore"})
    expect(page.get_by_placeholder("Search:")).to_have_count(1)  # the one for the filter before is gone
    page.get_by_placeholder("Search:").fill("category:Restore PAYMENTS-3")
    page.keyboard.press("Enter")
    link_says(page, "search=PAYMENTS-3")
    eventually(lambda: all("payments-3" in row[4] for row in rows(page)))
    settled(page)
    page.get_by_role("button", name="Category: Restore").click()
    link_says(page, "category", no=True)
    eventually(lambda: len({row[2] for row in rows(page)}) > 1)
    settled(page)
    page.go_back()
    eventually(lambda: {row[2] for row in rows(page)} == {"Restore"})


def test_the_time_range_is_in_the_link_and_in_its_menu(page: Page, site: Site) -> None:
    go(page, site)
    page.get_by_role("button", name="Newest 30 days").first.click()
    page.get_by_test_id("stPopoverBody").get_by_text("All time").click()
    link_says(page, "range=all")
    expect(page.locator(".st-key-time-menu")).to_contain_text("All time")
    page.reload()
    expect(page.get_by_test_id("stCaptionContainer").filter(has_text="waiting to be sealed")).to_contain_text(
        "events, as of"
    )


def test_pages_turn_and_a_row_opens_closes_and_opens_again(page: Page, site: Site) -> None:
    go(page, site)
    first = rows(page)
    page.get_by_role("button", name="Page 3").click()
    link_says(page, "page=3")
    eventually(lambda: rows(page)[:1] not in ([], first[:1]))
    for _ in range(2):
        settled(page)
        description = rows(page)[1][4]
        click_row(page, 1)
        drawer = page.get_by_role("dialog")
        expect(drawer.get_by_text(description.removesuffix("…")).first).to_be_visible()
        link_says(page, "event=90000000000000")
        page.keyboard.press("Escape")
        expect(drawer).to_have_count(0)
        link_says(page, "event=", no=True)
        assert "page=3" in page.url


def test_a_link_to_an_event_opens_it_and_it_stays_open_while_events_come(page: Page, site: Site) -> None:
    go(page, site, "?event=9000000000000000001")
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("85.105.1.2", exact=True)).to_be_visible()
    site.append("while reading")
    page.wait_for_timeout(2_500)
    expect(drawer.get_by_text("85.105.1.2", exact=True)).to_be_visible()


def test_both_files_hold_what_the_table_shows_and_arrive_in_this_tab(page: Page, site: Site) -> None:
    go(page, site, "?category=Auth&sort=actor:asc")
    shown = rows(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    with Path(download.value.path()).open(newline="") as file:
        from_csv = list(csv.DictReader(file))
    with page.expect_download() as download:
        page.get_by_role("link", name="JSON").click()
    from_json = json.loads(Path(download.value.path()).read_text())
    assert len(page.context.pages) == 1
    assert [row["id"] for row in from_csv] == [row["id"] for row in from_json]
    counted = page.get_by_test_id("stHtml").filter(has_text="Export").inner_text()
    assert f"Export {len(from_csv):,} events" in counted
    for row, (_, actor, category, action, _, address, _, moment) in zip(from_json, shown, strict=False):
        assert actor.removesuffix("…") in (row["actor"] or "—")
        assert (category, action, address) == (row["category"], row["action"], row["source_ip"])
        assert moment.startswith(row["occurred_at"][:19].replace("T", " ") + " UTC")


def test_more_formats_are_behind_one_button_and_hold_the_same_rows(page: Page, site: Site) -> None:
    go(page, site, "?category=Auth&sort=actor:asc&as_of=700")
    assert page.get_by_role("link", name="Parquet").count() == 0
    page.get_by_role("button", name="More formats").click()
    paths = {}
    for name in ("Excel", "JSON lines", "Parquet"):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        paths[name] = Path(download.value.path())
        assert "asof-700." in download.value.suggested_filename
    lines = [json.loads(line)["id"] for line in paths["JSON lines"].read_text().splitlines()]
    assert pl.read_parquet(paths["Parquet"])["id"].cast(pl.String).to_list() == lines
    header, *cells = CalamineWorkbook.from_path(paths["Excel"]).get_sheet_by_name("Events").to_python()
    assert [row[header.index("id")] for row in cells] == lines
    assert len(page.context.pages) == 1


def test_a_bad_link_shows_a_card_and_no_rows(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/audit-logs?outcome=great")
    expect(page.get_by_text("outcome: 'great' is unknown")).to_be_visible()
    assert page.locator(TABLE).count() == 0
    page.get_by_role("button", name="Open the log without filters").click()
    expect(page.locator(f"{TABLE} canvas").first).to_be_visible()


def test_a_new_event_comes_by_itself(page: Page, site: Site) -> None:
    go(page, site)
    site.append("a brand new event")
    eventually(lambda: any("a brand new event" in row[4] for row in rows(page)), seconds=20)


def test_new_events_wait_for_a_reader_on_another_page(page: Page, site: Site) -> None:
    go(page, site, "?page=2")
    before = rows(page)
    site.append("not yet")
    page.get_by_role("button", name="1 new – show").wait_for()
    assert [row[4] for row in rows(page)] == [row[4] for row in before]
    page.get_by_role("button", name="1 new – show").click()
    eventually(lambda: any("not yet" in row[4] for row in rows(page)))


def test_typing_is_not_disturbed_by_new_events(page: Page, site: Site) -> None:
    go(page, site)
    page.get_by_placeholder("Search:").press_sequentially("half a wor")
    site.append("meanwhile")
    eventually(lambda: any("meanwhile" in row[4] for row in rows(page)))
    expect(page.get_by_placeholder("Search:")).to_have_value("half a wor")


def test_what_the_search_bar_can_t_read_stays_in_it_and_is_pointed_at(page: Page, site: Site) -> None:
    go(page, site)
    bar = page.get_by_placeholder("Search:").last  # for a moment the old line stands there too
    bar.fill("category:Restore outcome:good")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Character 18: outcome: 'good' is unknown")).to_be_visible()
    expect(bar).to_have_value("category:Restore outcome:good")
    bar.fill("category:Restore -outcome:failure last:90d")
    page.keyboard.press("Enter")
    link_says(page, "not-outcome=failure")
    eventually(lambda: {row[2] for row in rows(page)} == {"Restore"})
    page.get_by_role("button", name="Category: Restore").click()
    expect(bar).to_have_value("last:90d -outcome:failure")


def test_hostile_text_stays_text(page: Page, site: Site) -> None:
    go(page, site, "?search=alert(1)")
    assert "<script>alert(1)</script>" in rows(page)[0][1]
    click_row(page, 0)
    expect(page.get_by_role("dialog").get_by_text("<script>alert(1)</script>").first).to_be_visible()
    assert page.get_by_role("dialog").locator("script, a[href^=javascript], strong:has-text('bold')").count() == 0


def test_the_keyboard_walks_opens_steps_compares_and_searches(page: Page, site: Site) -> None:
    go(page, site, "?category=Restore")
    page.wait_for_function("window.auditlensKeys && document.querySelector('.st-key-keys [data-ids]')")
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    cursor, grid = page.locator(".auditlens-cursor").bounding_box(), page.locator(TABLE).first.bounding_box()
    assert cursor is not None
    assert grid is not None
    assert abs(cursor["y"] - grid["y"] - HEADER_PIXELS - ROW_PIXELS) <= 2  # the second row
    shown = rows(page)
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text(shown[1][4], exact=True).first).to_be_visible()
    second = page.url
    page.keyboard.press("ArrowRight")
    expect(drawer.get_by_text(shown[2][4], exact=True).first).to_be_visible()
    page.keyboard.press("k")
    page.wait_for_url(second)
    settled(page)
    drawer.get_by_text("Around it").click()
    expect(drawer.get_by_text("this event", exact=True)).to_be_visible()
    settled(page)
    drawer.get_by_role("button", name="Compare").click()
    link_says(page, "compare=")
    expect(drawer.get_by_role("button", name="Don't compare")).to_be_visible()
    settled(page)
    page.keyboard.press("j")
    expect(drawer.get_by_role("button", name="Don't compare")).to_have_count(0)
    settled(page)
    drawer.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_url(lambda link: link.count("compare=") == 2, wait_until="commit")
    expect(drawer.get_by_role("button", name="Don't compare")).to_be_visible()
    settled(page)
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(page.locator(".st-key-compare table ins").first).to_be_visible()
    settled(page)
    bar = page.get_by_placeholder("Search:").last

    def leads_there() -> bool:
        page.keyboard.press("/")
        page.wait_for_timeout(500)  # the drawer, on its way out, may still give the focus back to where it was
        return bool(bar.evaluate("bar => bar === document.activeElement"))

    eventually(leads_there)
    page.keyboard.type("jk?")
    expect(bar).to_have_value("jk?")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_test_id("stPopoverBody").get_by_text("opens the row")).to_be_visible()


@pytest.mark.parametrize(
    "link", ["", "?category=Auth&actor=x&search=yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"]
)
def test_a_phone_shows_all_of_it_without_scrolling_sideways(phone: Page, site: Site, link: str) -> None:
    phone.goto(f"{site.address}/audit-logs{link}")
    expect(phone.get_by_role("heading", name="Audit Logs")).to_be_visible()
    expect(phone.get_by_text("waiting to be sealed")).to_be_visible()
    assert phone.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert phone.get_by_test_id("stMain").evaluate("main => main.scrollWidth") <= 390


def test_numbers_of_the_other_pages_lead_to_their_events(page: Page, phone: Page, site: Site) -> None:
    page.goto(site.address)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    tile = page.locator(".st-key-figure-events")
    number = tile.get_by_test_id("stMetricValue").inner_text()
    tile.get_by_role("link").click()
    link_says(page, "/audit-logs?since=")
    expect(page.locator(".st-key-state-line")).to_contain_text(f"{number} events, as of")
    for name, drawn in (("Weekly", "heat"), ("Security", "world")):
        page.get_by_test_id("stSidebar").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
        expect(page.locator(f".st-key-{drawn}").locator("canvas, svg.marks").first).to_be_visible()
        phone.goto(f"{site.address}/{name.lower()}")
        expect(phone.locator(f".st-key-{drawn}").locator("canvas, svg.marks").first).to_be_visible()
        assert phone.get_by_test_id("stMain").evaluate("main => main.scrollWidth") <= 390
