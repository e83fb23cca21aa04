"""Takes the README's pictures of the demo account: `make pictures`."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from tests import install
from tests.browser.walk import eventually, free_port

FOLDER = Path(__file__).parents[1] / "pictures"
PAGES = {
    "overview": "Open all",
    "audit-logs": "waiting to be sealed",
    "weekly": "What was deleted",
    "security": "Nights and weekends",
    "integrity": "Last checkpoint",
}
"""Each page, and what stands on it when all is there."""

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZES = {"wide": (1440, 900), "narrow": (390, 844)}

COMPLETE = """() => {
    const all = found => [...document.querySelectorAll(found)];
    const complete = all('[data-testid=stApp][data-test-script-state=notRunning]').length
        && !all('[data-testid=stSkeleton], [data-stale=true]').length
        && all('[data-testid=stVegaLiteChart]').every(chart => chart.querySelector('svg.marks, canvas.marks'));
    if (!complete) window.completeSince = null;
    else window.completeSince ??= performance.now();
    return complete && performance.now() - window.completeSince > 400;
}"""
"""The script has ended, nothing is a skeleton or pale as of before, and each chart has its marks, for 0.4 s.

Parts of a page that load on their own start after its script; some look again each half second, so longer quiet is
not to be had there.
"""


def main() -> None:
    """Serves a new demo from a folder of its own and takes each picture, light and dark."""
    with tempfile.TemporaryDirectory(prefix="auditlens-pictures-") as home:
        Path(home).chmod(0o711)
        outside = Path(home) / "usb-stick"
        outside.mkdir()
        port = free_port()
        server = subprocess.Popen(
            [sys.executable, "-m", "dashboard", "serve", "--demo", "--port", str(port)],
            env={
                **os.environ,
                "AUDITLENS_HOME": str(Path(home) / "demo"),
                "AUDITLENS_ANCHORS": f"file://{outside}",
            },
        )
        try:
            address = f"http://127.0.0.1:{port}"
            eventually(lambda: httpx.get(f"{address}/_stcore/health").status_code == 200, seconds=600)
            chromium = install.CHROMIUM.find()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=chromium,
                    args=["--font-render-hinting=none"],  # hinted, letters stand on whole pixels and spaces close
                )
                verify(browser, address)
                for path, drawn in PAGES.items():
                    take(browser, address, path, drawn)
                browser.close()
        finally:
            server.terminate()
            server.wait(300)


def verify(browser: Browser, address: str) -> None:
    """A pass and a copy outside, as on any log that runs for a while."""
    page = browser.new_page()
    page.goto(f"{address}/integrity")
    page.get_by_role("button", name="Seal now").click(timeout=60_000)
    page.get_by_role("button", name="Verify now").click()
    page.locator(".st-key-pass-told").get_by_role("button").click(timeout=120_000)
    page.get_by_text("Verified").first.wait_for(timeout=300_000)
    page.close()


def take(browser: Browser, address: str, path: str, drawn: str) -> None:
    """One picture for each size and colour scheme, once everything is drawn."""
    for scheme in SCHEMES:
        for name, (width, height) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            page.goto(f"{address}/{path}", timeout=300_000)
            page.get_by_text(drawn).first.wait_for(timeout=300_000)
            complete(page)
            if page.get_by_role("button", name="Close").count():
                page.get_by_role("button", name="Close").click()
                complete(page)
            page.screenshot(path=FOLDER / f"{path}-{scheme}-{name}.png")
            page.close()


def complete(page: Page) -> None:
    """Waits until all of the page is drawn."""
    page.evaluate("window.completeSince = null")
    page.wait_for_function(COMPLETE, timeout=300_000)


if __name__ == "__main__":
    main()
