"""The whole of it: `auditlens serve` on a real PostgreSQL, its sealer killed again and again, and a watched page."""

import csv
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import polars as pl
import psutil
import psycopg
import pytest
from playwright.sync_api import Page, expect

from dashboard.events.event import AuditEvent
from dashboard.keeping.log import Log
from dashboard.query import views
from dashboard.query.opening import open_engine
from dashboard.record.connect import Urls
from tests.browser.walk import eventually, free_port, go, rows
from tests.load import Load

pytestmark = pytest.mark.browser


@dataclass(frozen=True, slots=True)
class Server:
    """A running `auditlens serve`."""

    address: str
    pid: int

    def sealer(self) -> psutil.Process:
        """The sealer's process, as soon as there is one."""
        found: list[psutil.Process] = []
        eventually(lambda: found.extend(self._sealers()) or bool(found))  # type: ignore[func-returns-value]
        return found[0]

    def _sealers(self) -> Iterator[psutil.Process]:
        for child in psutil.Process(self.pid).children():
            with suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
                if "seal" in child.cmdline():
                    yield child


@pytest.fixture
def served(external: Urls, log: Log) -> Iterator[Server]:
    """The server's own command on the test's database, with 300 events of three regions in the record."""
    now = datetime.now(UTC)
    with log.appender() as appender:
        appender.append(
            [
                AuditEvent(
                    occurred_at=now - timedelta(minutes=5 * k),
                    category="Auth" if k % 3 else "Backup",
                    action="Login Failed" if k % 3 else "Backup Completed",
                    actor=f"user-{k % 7}" if k % 3 else None,
                    description=f"event {k}",
                    reported_region=("Istanbul", "London", None)[k % 3],
                    imported=True,
                )
                for k in range(300)
            ]
        )
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard", "serve", "--port", str(port)],
        env={**os.environ, "AUDITLENS_ARCHIVE": log.settings.archive_location, "AUDITLENS_MIRROR_ROWS": "400"},
    )
    address = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: httpx.get(f"{address}/_stcore/health").status_code == 200, seconds=60)
        yield Server(address, process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


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


def test_appenders_and_a_killed_sealer_lose_nothing_and_the_page_keeps_up(
    served: Server, page: Page, log: Log, admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    lifetimes = random.Random(7)
    go(page, served)
    with Load(log.urls.writer, pause_s=0.05) as load, closing(log.events()) as looking:
        for _ in range(20):
            sealer = served.sealer()
            time.sleep(lifetimes.uniform(0.3, 2.5))
            sealer.kill()
            snapshot = looking.snapshot()
            places = snapshot.events.select("seq").collect()["seq"].sort()
            assert places.to_list() == list(range(snapshot.as_of))
    eventually(lambda: "0 waiting" in page.locator(".st-key-state-line").inner_text(), seconds=60)
    found = admin.execute("select seq, native_id from sealed join audit_event on id = event_id order by seq").fetchall()
    assert [row[0] for row in found] == list(range(300 + len(load.committed)))
    assert sorted(str(row[1]) for row in found if ":" not in str(row[1])) == sorted(load.committed)

    served.sealer()
    with psycopg.connect(log.urls.writer, autocommit=True) as connection:
        for k in range(3):
            connection.execute(
                "select audit_append(jsonb_build_object('occurred_at', clock_timestamp()::text, 'category', 'Auth',"
                " 'action', 'Logged In', 'actor', 'watched', 'description', %s::text))",
                (f"watched event {k}",),
            )
            took = eventually(lambda k=k: any(f"watched event {k}" in row[4] for row in rows(page)), seconds=20)  # type: ignore[misc]
            assert took < 2.0 or k == 0  # the sealer may have to start first
