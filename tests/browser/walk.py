"""How a test walks through the page: what a person would click and read."""

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol
from urllib.parse import urljoin

import httpx
from playwright.sync_api import Browser, Page, expect

TABLE = "[data-testid=stDataFrame]"
HEADER_PIXELS, ROW_PIXELS = 15, 58
PATHS = ("overview", "audit-logs", "weekly", "security", "integrity")


class Served(Protocol):
    """A running server."""

    @property
    def address(self) -> str: ...


def window(chromium: Browser, width: int, height: int) -> Iterator[Page]:
    """A window for many tests: it keeps its processes and what it loaded and compiled, two thirds of a page's cost."""
    context = chromium.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
    yield context.new_page()
    context.close()


def opened(window: Page) -> Iterator[Page]:
    """The window for one test, empty and of its own size."""
    size = window.viewport_size
    assert size is not None
    complaints: list[str] = []
    heard: dict[str, Callable[[Any], None]] = {
        "pageerror": lambda error: complaints.append(str(error)),
        "console": lambda said: (
            complaints.append(f"{said.text} {said.location}") if said.type in ("error", "warning") else None
        ),
        "request": lambda asked: (
            complaints.append(asked.url) if not asked.url.startswith(("http://127.0.0.1", "data:", "blob:")) else None
        ),
    }
    for event, hear in heard.items():
        window.on(event, hear)  # type: ignore[call-overload]
    yield window
    for event, hear in heard.items():
        window.remove_listener(event, hear)
    if window.url.startswith("http"):  # a plain page of the same site: there the window keeps what it compiled
        window.goto(urljoin(window.url, "/_stcore/health"))
    window.emulate_media(media="null", color_scheme="light", reduced_motion="null")
    window.set_viewport_size(size)
    window.mouse.move(0, 0)
    probes = [  # Streamlit looks there first
        f"/{path}/_stcore/{name}" for path in PATHS for name in ("health", "host-config")
    ]
    unexpected = [text for text in complaints if not any(probe in text for probe in probes)]
    assert not unexpected, unexpected


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(check: Callable[[], bool], seconds: float = 60.0) -> float:
    """Waits until the check holds; says how long that took."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        try:
            if check():
                return time.monotonic() - start
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"did not come true in {seconds} s")


def go(page: Page, site: Served, link: str = "") -> None:
    page.goto(f"{site.address}/audit-logs{link}")
    expect(page.locator(f"{TABLE} canvas").first).to_be_visible()
    page.wait_for_timeout(500)


def link_says(page: Page, text: str, *, no: bool = False) -> None:
    page.wait_for_url(lambda link: (text in link) is not no, wait_until="commit")


def settled(page: Page) -> None:
    """Waits until nothing on the page is about to be drawn anew: a click on what is being replaced is lost."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def rows(page: Page) -> list[list[str]]:
    """The rows that the grid has drawn, from its table for screen readers. Waits until they stand: the grid writes it
    200 ms after it has drawn, and a new one draws some of them first.
    """
    found: list[list[str]] = []

    def stand() -> bool:
        before = found[:]
        page.wait_for_timeout(250)
        found[:] = page.locator(f"{TABLE} table tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent))"
        )
        return bool(found) and found == before

    eventually(stand)
    return found


def headers(page: Page) -> list[str]:
    return page.locator(f"{TABLE} table th").all_inner_texts()


def click_header(page: Page, label: str) -> None:
    """The header of a column by its place in the drawn widths."""
    from dashboard.events.columns import COLUMNS
    from dashboard.web.log.layout import USUAL
    from dashboard.web.log.log_table import _WIDTHS

    settled(page)
    names = list(USUAL)
    place = [COLUMNS[name].label for name in names].index(label)
    box = page.locator(f"{TABLE} canvas").first.bounding_box()
    assert box is not None
    scale = max(1.0, box["width"] / sum(_WIDTHS.values()))
    left = sum(_WIDTHS[name] for name in names[:place]) * scale
    click_at(page, box["x"] + left + 20, box["y"] + HEADER_PIXELS)


def click_row(page: Page, number: int) -> None:
    settled(page)
    page.get_by_role("heading", level=1).scroll_into_view_if_needed()
    box = page.locator(f"{TABLE} canvas").first.bounding_box()
    assert box is not None
    click_at(page, box["x"] + 300, box["y"] + 36 + ROW_PIXELS * number + ROW_PIXELS / 2)


def click_at(page: Page, x: float, y: float) -> None:
    """As a hand does: the pointer comes first. The grid takes no press in the instant in which it is entered."""
    page.mouse.move(x, y)
    page.evaluate("() => new Promise(requestAnimationFrame)")
    page.mouse.click(x, y)
