"""Finds a Chromium for the browser tests and installs one where it can. `make test` runs it before the tests.

It never fails a run by itself, but says plainly that browser tests will be skipped; with CI=true that is a failure.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "No Chromium was found: BROWSER TESTS ARE SKIPPED. `make test` as root, or with a network, installs one."


def required() -> bool:
    """Whether a missing browser is a failure."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def find() -> str | None:
    """Return the path of a Chromium that starts: the system's, else Playwright's own."""
    candidates = [shutil.which(name) for name in NAMES]
    return next((path for path in [*candidates, _playwrights_own()] if path and _starts(path)), None)


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def _starts(path: str) -> bool:
    """A snap's stand-in, and a browser whose system libraries are missing, exist but do not start."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def install() -> None:
    """Try Debian's package as root, else Playwright's download; what they say goes to standard error."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        _attempt(["apt-get", "update", "-qq"], environment)
        _attempt(
            ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium", "fonts-liberation"], environment
        )
        if find():
            return
    _attempt([sys.executable, "-m", "playwright", "install", "chromium"], dict(os.environ))


def _attempt(command: list[str], environment: dict[str, str]) -> None:
    print("Browser tests:", " ".join(command), file=sys.stderr)
    try:
        subprocess.run(command, env=environment, stdout=sys.stderr, timeout=600, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"Browser tests: {error}", file=sys.stderr)


def main() -> int:
    if find() is None:
        install()
    path = find()
    if path is None:
        print(MISSING, file=sys.stderr)
        return int(required())
    print(f"Browser tests use {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
