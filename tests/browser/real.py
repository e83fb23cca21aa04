"""`auditlens serve` on a test's database: a server for all tests of a file, since its start costs more than most of
them.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import psutil

from dashboard.events.event import AuditEvent
from dashboard.keeping.log import Log
from tests.browser.walk import eventually, free_port


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


@contextmanager
def serving(log: Log, environment: Mapping[str, str]) -> Iterator[Server]:
    """The server's own command, with 300 events of three regions in the record."""
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
        env={**os.environ, "AUDITLENS_ARCHIVE": log.settings.archive_location, **environment},
    )
    address = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: httpx.get(f"{address}/_stcore/health").status_code == 200, seconds=180)
        yield Server(address, process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
