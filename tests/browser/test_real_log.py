"""The whole of it: `auditlens serve` on a real PostgreSQL, its sealer killed again and again, and a watched page."""

import csv
import random
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import polars as pl
import psycopg
import pytest
from playwright.sync_api import Page, expect

from dashboard.keeping.log import Log
from dashboard.query import views
from dashboard.query.opening import open_engine
from tests.browser.real import Server, serving
from tests.browser.walk import eventually, go, rows
from tests.load import Load

pytestmark = [pytest.mark.browser, pytest.mark.long]


KILLS = 10


@pytest.fixture(scope="module")
def served(environment: dict[str, str], log: Log) -> Iterator[Server]:
    with serving(log, environment | {"AUDITLENS_MIRROR_ROWS": "400"}) as server:
        yield server


def test_what_was_recorded_is_on_the_page_in_the_chart_and_in_the_file(served: Server, page: Page, log: Log) -> None:
    go(page, served, "?category=Auth")
    eventually(lambda: "200 events" in page.locator(".st-key-state-line").inner_text())
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    with Path(download.value.path()).open(newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == 200
    with open_engine(log) as engine:
        by_region = views.failed_logins_by_region(engine, views.EventFilter())
    counted = pl.DataFrame(found).filter(pl.col("action") == "Login Failed")["region"].value_counts()
    assert dict(by_region.iter_rows()) == {region or None: count for region, count in counted.iter_rows()}
    expect(page.get_by_text("200 failed logins in this view")).to_be_visible()
    shown = [row[4] for row in rows(page)]
    assert shown == [row["description"] for row in found[: len(shown)]]


def seals(admin: "psycopg.Connection[tuple[object, ...]]") -> int:
    """How many seals there are."""
    row = admin.execute("select count(*) from seal").fetchone()
    assert row is not None
    return int(str(row[0]))


def test_appenders_and_a_killed_sealer_lose_nothing_and_the_page_keeps_up(
    served: Server, page: Page, log: Log, admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    lifetimes = random.Random(7)
    go(page, served)
    with Load(log.urls.writer, pause_s=0.1) as load, closing(log.events()) as looking:
        for _ in range(KILLS):
            sealer, before = served.sealer(), seals(admin)
            eventually(lambda before=before: seals(admin) > before)  # type: ignore[misc]  # it is at work, not starting
            time.sleep(lifetimes.uniform(0, 1))
            sealer.kill()
            sealer.wait(20)  # else the dying one could be found again
            snapshot = looking.snapshot()
            places = snapshot.events.select("seq").collect()["seq"].sort()
            assert places.to_list() == list(range(snapshot.as_of))
    everything = 300 + len(load.committed)
    eventually(lambda: f"as of #{everything:,}, 0 waiting" in page.locator(".st-key-state-line").inner_text())
    found = admin.execute("select seq, native_id from sealed join audit_event on id = event_id order by seq").fetchall()
    assert [row[0] for row in found] == list(range(everything))
    assert sorted(str(row[1]) for row in found if ":" not in str(row[1])) == sorted(load.committed)

    served.sealer()
    with psycopg.connect(log.urls.writer, autocommit=True) as connection:
        for k in range(3):
            connection.execute(
                "select audit_append(jsonb_build_object('occurred_at', clock_timestamp()::text, 'category', 'Auth',"
                " 'action', 'Logged In', 'actor', 'watched', 'description', %s::text))",
                (f"watched event {k}",),
            )
            eventually(lambda k=k: any(f"watched event {k}" in row[4] for row in rows(page)), seconds=20)  # type: ignore[misc]
