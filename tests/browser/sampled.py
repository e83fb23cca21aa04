"""The real server over the sample log, in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.browser.walk import eventually, free_port


@dataclass(frozen=True, slots=True)
class Site:
    """A running server, and the file whose lines become new events."""

    address: str
    more: Path

    def append(self, description: str) -> None:
        with self.more.open("a") as file:
            file.write(description + "\n")


@contextmanager
def sampled(folder: Path) -> Iterator[Site]:
    """The server for the block."""
    port = free_port()
    more = folder / "more.txt"
    more.touch()
    command = [sys.executable, "-m", "tests.browser.sample_server", str(port), str(more)]
    process = subprocess.Popen(command, env={**os.environ, "AUDITLENS_HOME": str(folder / "home")})
    address = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: httpx.get(f"{address}/_stcore/health").status_code == 200, seconds=180)
        yield Site(address, more)
    finally:
        process.terminate()
        process.wait(30)
