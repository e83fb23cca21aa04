"""The badge in a real browser, over a real log that somebody changes behind our back: in the last test of the file."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, expect

from dashboard.keeping.log import Log
from tests.browser.real import Server, serving
from tests.browser.walk import eventually, go, rows

pytestmark = [pytest.mark.browser, pytest.mark.long]

Admin = psycopg.Connection[tuple[object, ...]]
PLACE = 123


@pytest.fixture(scope="module")
def served(environment: dict[str, str], log: Log, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    outside = tmp_path_factory.mktemp("outside")
    with serving(log, environment | {"AUDITLENS_ANCHORS": f"file://{outside}"}) as server:
        yield server


def badge(page: Page) -> str:
    return page.locator(".st-key-integrity-badge").inner_text()


def open_page(page: Page, served: Server) -> None:
    page.goto(f"{served.address}/integrity")
    expect(page.get_by_role("heading", name="Integrity")).to_be_visible()
    expect(page.locator(".st-key-integrity-reasons")).to_be_visible()


def verify_now(page: Page) -> None:
    page.get_by_role("button", name="Verify now").click()
    expect(page.locator(".st-key-pass-result")).to_be_visible(timeout=60_000)
    page.locator(".st-key-pass-told").get_by_role("button").click()
    expect(page.locator(".st-key-pass-result")).to_have_count(0)


def change_row(admin: Admin, description: str) -> str:
    """What a superuser can: past every guard, which he puts back after himself. Gives what stood there before."""
    tables = [
        str(row[0])
        for row in admin.execute(
            "select 'audit_event'::regclass::text union all"
            " select inhrelid::regclass::text from pg_inherits where inhparent = 'audit_event'::regclass"
        ).fetchall()
    ]
    guards = admin.execute(
        "select tgrelid::regclass::text, tgname from pg_trigger where not tgisinternal and tgparentid = 0"
        " and tgrelid::regclass::text = any(%s)",
        (tables,),
    ).fetchall()
    for table in tables:
        admin.execute(f"alter table {table} disable trigger user".encode())
    before = admin.execute(
        "select description from audit_event where id = (select event_id from sealed where seq = %s)", (PLACE,)
    ).fetchone()
    admin.execute(
        "update audit_event set description = %s where id = (select event_id from sealed where seq = %s)",
        (description, PLACE),
    )
    for table in tables:
        for (name,) in admin.execute(
            "select tgname from pg_trigger where tgrelid = %s::regclass and not tgisinternal", (table,)
        ).fetchall():
            admin.execute(f"alter table {table} enable always trigger {name}".encode())
    assert guards
    assert before is not None
    return str(before[0])


def test_a_proof_taken_from_the_page_checks_alone(served: Server, page: Page, log: Log, tmp_path: Path) -> None:
    go(page, served, "?event=7")
    with page.expect_download() as download:
        page.get_by_role("dialog").get_by_role("link", name="Proof").click()
    assert download.value.suggested_filename == "7.tlog-proof"
    proof = tmp_path / "7.tlog-proof"
    download.value.save_as(proof)
    vkey = (log.sealer_folder().folder / "trusted.keys").read_text().split()[0]
    command = [sys.executable, "-m", "dashboard", "check", str(proof), "--key", vkey]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_a_narrow_window_shows_the_badge_at_the_headline_of_each_page(served: Server, phone: Page) -> None:
    for path in ("audit-logs", "integrity"):
        phone.goto(f"{served.address}/{path}")
        link = phone.locator(".st-key-headline a[href=integrity]")
        expect(link).to_be_visible()
        expect(link).to_contain_text("of 300 rows")
        box = link.bounding_box()
        assert box is not None
        assert box["width"] > 100
    link.click()
    expect(phone.get_by_role("heading", name="Integrity")).to_be_visible()


def test_a_wide_window_has_one_badge_on_each_page(served: Server, page: Page) -> None:
    for path in ("audit-logs", "integrity"):
        page.goto(f"{served.address}/{path}")
        expect(page.locator(".st-key-integrity-badge")).to_contain_text("300 rows")
        box = page.locator(".st-key-headline a[href=integrity]").locator("..").bounding_box()
        assert box is None or box["width"] == 0


def test_a_row_changed_by_a_superuser_turns_the_badge_red_until_an_event_acknowledges_it(
    served: Server, page: Page, admin: Admin, log: Log
) -> None:
    open_page(page, served)
    verify_now(page)
    page.get_by_role("button", name="Seal now").click()
    expect(page.get_by_text("copies sent to 1 of 1 places")).to_be_visible()
    eventually(lambda: "Verified" in badge(page) and "100 % of 300 rows" in badge(page))
    expect(page.get_by_text("1 copy outside")).to_be_visible()

    before = change_row(admin, "nothing happened")
    verify_now(page)
    eventually(lambda: "Altered" in badge(page))
    expect(page.locator(".st-key-findings")).to_contain_text("1 finding, 1 not acknowledged")
    eventually(lambda: any(f"#{PLACE}" in row for row in rows(page)))

    change_row(admin, before)
    verify_now(page)
    page.reload()
    eventually(lambda: "Altered" in badge(page))

    expect(page.get_by_text("It is as sealed again: somebody put it back.")).to_be_visible()
    page.get_by_label("Your name").fill("elif")
    page.get_by_label("Reason").fill("a drill")
    page.get_by_role("button", name="Acknowledge").click()
    eventually(lambda: "Known finding #" in badge(page))

    go(page, served)
    eventually(lambda: any("Finding Acknowledged" in row for row in rows(page)))
    assert "Known finding #" in badge(page)
