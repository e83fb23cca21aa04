"""Takes the README's pictures of the demo account: `make pictures`."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

from tests import install
from tests.browser.walk import eventually, free_port

FOLDER = Path(__file__).parents[1] / "pictures"
SIZES = {"wide": (1440, 900), "narrow": (390, 844)}


def main() -> None:
    """Serves a new demo from a folder of its own and takes each picture, light and dark."""
    with tempfile.TemporaryDirectory(prefix="auditlens-pictures-") as home:
        Path(home).chmod(0o711)
        port = free_port()
        server = subprocess.Popen(
            [sys.executable, "-m", "dashboard", "serve", "--demo", "--port", str(port)],
            env={**os.environ, "AUDITLENS_HOME": str(Path(home) / "demo")},
        )
        try:
            address = f"http://127.0.0.1:{port}"
            eventually(lambda: httpx.get(f"{address}/_stcore/health").status_code == 200, seconds=120)
            take(f"{address}/audit-logs")
        finally:
            server.terminate()
            server.wait(60)


def take(address: str) -> None:
    """One picture for each size and colour scheme, once everything is drawn."""
    chromium = install.CHROMIUM.find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        for scheme in ("light", "dark"):
            for name, (width, height) in SIZES.items():
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
                page.goto(address)
                page.get_by_text("waiting to be sealed").wait_for(timeout=60_000)
                page.wait_for_timeout(3_000)
                page.screenshot(path=FOLDER / f"audit-logs-{scheme}-{name}.png")
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
