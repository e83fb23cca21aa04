"""From a click to the painted table and charts, in a real Chromium, beside the same of a trivial Streamlit page.

`BENCH_CLICKS` (default 15) is how often each change is made. Every click asks for what was not asked before, so that no
answer comes out of the page's cache.
"""

import os
import statistics
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.bench import archive, results
from tests.bench.painted import REST_MS, TimedPage
from tests.bench.serve import OURS, running
from tests.browser.walk import TABLE, click_header, headers

pytestmark = [pytest.mark.bench, pytest.mark.browser]

CLICKS = int(os.environ.get("BENCH_CLICKS", "15"))
WATCHED = f"{TABLE}, .st-key-failed-logins, .st-key-over-time"
CATEGORIES = ("Auth", "Backup", "Repository", "Schedule", "Storage", "User", "Role", "Token", "Account", "Restore")
WORDS = ("api", "web", "firmware", "infra", "docs", "mobile", "sdk", "planner", "gateway", "charts", "cli", "tests",
         "atlas", "borealis", "delta", "cobalt", "harbor", "onyx", "rook", "willow", "umbra", "quartz")  # fmt: skip
RANGES = {"7d": "Last 7 days", "30d": "Last 30 days", "90d": "Last 90 days"}
LOGS = {"newest 30 days": ("", 0.2, None), "whole log": ("range=all", None, 0.6)}
"""What the page shows, its link, and the limits: seconds above the trivial page's, seconds in all."""

_HOW = f"""\
From letting go of the mouse, or of Enter, to the frame in which table and both charts are drawn for the last time; a
header is answered from the press on, which is some 20 ms earlier here. A script in the page notes each text that is
drawn on the table's canvas and each change of the charts' SVG and captions. Once the counts below the table and above
the chart are the new ones, or the header has its arrow, and {REST_MS} ms of rest are over, the frame that followed the
last of them ends the time. Each of the {CLICKS} clicks asks for a filter or an order that nobody asked for before: no
answer was kept from another. The trivial page is a button and a text that it changes, by the same server, measured in
the same way: with Streamlit's own settings, as somebody has it who begins with it, which is what the limits are above;
and without the collection of garbage that it does after each run, as ours.
"""


def test_filter_changes(chromium: Browser, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = []
    for place, name in ((OURS, "the same, with our settings"), (None, "a trivial page's click")):
        with running(place, tmp_path) as site:
            page = chromium.new_page()
            trivial = _row(name, list(_trivial(page, site.address)), 0.0)
            page.close()  # it would look for its server, on these cores, as long as it is open
            rows.insert(0, {**trivial, "above": 0.0})
    with running(archive.location(), tmp_path) as site:
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        for log, (link, above, most) in LOGS.items():
            walk = Walk(page, site.address, link)
            changes = {
                "category": walk.categories(),
                "search": walk.searches(),
                "sort": walk.sorts(),
                "range": walk.ranges(),
            }
            for change, times in changes.items():
                row = _row(f"{change}, {log}", list(islice(times, CLICKS)), trivial["median"])
                rows.append({**row, "limit_above": above, "limit": most})
        memory = site.memory_bytes()
    results.put("browser", archive.EVENTS, {"rows": rows, "how": _HOW, "memory": memory})


def _row(change: str, times: Sequence[float], trivial: float) -> dict[str, Any]:
    assert times
    p95 = sorted(times)[min(len(times) - 1, int(len(times) * 0.95))]
    median = statistics.median(times)
    return {"change": change, "clicks": len(times), "median": median, "p95": p95, "above": median - trivial}


def _trivial(page: Page, address: str) -> Iterator[float]:
    page.goto(address)
    text = page.get_by_text("clicked 0 times")
    text.wait_for(timeout=60_000)
    timed = TimedPage(page, "[data-testid=stText]")
    timed.watch()
    button = page.get_by_role("button", name="Once more")
    for click in range(CLICKS + 3):
        took = timed.seconds(button.click, lambda click=click: f"clicked {click + 1} times" in page.inner_text("body"))
        if click >= 3:  # the first ones warm
            yield took


class Walk:
    """A person at the page; each of the generators makes one kind of change and says how long each took."""

    def __init__(self, page: Page, address: str, link: str) -> None:
        self._page, self._address, self._link = page, address, link
        self._timed = TimedPage(page, WATCHED)

    def categories(self) -> Iterator[float]:
        """One more category, or one less, in the open menu: never the same ones."""
        self._open()
        self._page.get_by_role("button", name="+ Category").click()
        menu = self._page.get_by_test_id("stPopoverBody")
        menu.get_by_text(CATEGORIES[0]).first.wait_for()
        self._timed.rest()
        for name in islice(cycle(CATEGORIES), 2 * len(CATEGORIES) - 1):
            box = menu.locator(f"[class*=st-key-category-{name}-]").get_by_role("checkbox")
            yield self._timed.seconds(box.locator("xpath=ancestor::label").click, self._other())

    def searches(self) -> Iterator[float]:
        """A word, then Enter."""
        self._open()
        field = self._page.get_by_placeholder("Search:")
        for word in WORDS:
            field.fill(word)
            yield self._timed.seconds(lambda: field.press("Enter"), self._other())

    def sorts(self) -> Iterator[float]:
        """Header after header, down and up."""
        self._open()
        labels = ("Actor", "Category", "Action", "Description", "IP Address", "Region", "Outcome")
        for label, arrow in (("Timestamp", "↑"), *product(labels, "↓↑")):
            yield self._timed.seconds(
                lambda label=label: click_header(self._page, label),
                lambda label=label, arrow=arrow: f"{label} {arrow}" in headers(self._page),
            )

    def ranges(self) -> Iterator[float]:
        """Another time for one category: from the newest days to a span, or to the whole log."""
        wanted = ["All time"] if self._link else list(RANGES.values())
        for unknown, category, label in product(("a", "b"), CATEGORIES, wanted):
            self._open(f"category={category}&not-source={unknown}", whole=False)  # `not-source` makes it a new filter
            self._page.get_by_role("button", name="Newest 30 days").first.click()
            option = self._page.get_by_test_id("stPopoverBody").get_by_text(label)
            option.wait_for()
            self._timed.rest()
            yield self._timed.seconds(option.click, self._in_range(label))

    def _open(self, link: str = "", *, whole: bool = True) -> None:
        pairs = "&".join(part for part in (self._link if whole else "", link) if part)
        self._page.goto(f"{self._address}/audit-logs?{pairs}")
        self._page.locator(f"{TABLE} canvas").first.wait_for(timeout=60_000)
        self._page.get_by_text("in this view, per").wait_for(timeout=60_000)
        self._timed.watch()

    def _other(self) -> Callable[[], bool]:
        """Tells whether the line below the table has another count than now, and the chart's caption the same."""
        before = self._counts()[0]

        def is_shown() -> bool:
            line, chart = self._counts()
            return line == chart != before

        return is_shown

    def _in_range(self, label: str) -> Callable[[], bool]:
        """Tells whether the page says this time, and table and chart the same count: it may be the one before."""

        def is_shown() -> bool:
            line, chart = self._counts()
            return line == chart and label in self._page.locator(".st-key-chips").inner_text()

        return is_shown

    def _counts(self) -> tuple[str, str]:
        """How many events the line below the table tells of, and how many the chart's caption."""
        places = self._page.locator(".st-key-state-line, .st-key-over-time").get_by_test_id("stCaptionContainer")
        texts = places.all_inner_texts()
        line = next((text for text in texts if "waiting to be sealed" in text), "")
        chart = next((text for text in texts if "in this view" in text), "–")
        return line.partition(" ")[0], chart.partition(" ")[0]
