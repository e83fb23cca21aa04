"""Servers to measure: `python -m tests.bench.serve PORT FOLDER` is the real one over a benchmark archive, without the
folder it is a trivial Streamlit page by the same server, with `--ours` by our settings too. Started by `running`.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import polars as pl
import psutil

from tests.browser.walk import eventually, free_port

OURS = "--ours"
TRIVIAL = Path(__file__).with_name("trivial_page.py")


@dataclass(frozen=True, slots=True)
class Running:
    """A server's process."""

    address: str
    process: psutil.Process

    def memory_bytes(self) -> int:
        """What it holds now."""
        return int(self.process.memory_info().rss)


@contextmanager
def running(place: Path | str | None, home: Path) -> Iterator[Running]:
    """A server for the block, over the archive in a folder, or the trivial page (None, or OURS)."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.serve", str(port), *([str(place)] if place else [])]
    process = subprocess.Popen(command, env={**os.environ, "AUDITLENS_HOME": str(home)})
    address = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: httpx.get(f"{address}/_stcore/health").status_code == 200, seconds=120)
        yield Running(address, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(60)


def _serve_archive(port: int, place: Path) -> None:
    from dashboard import server
    from dashboard.demo import bench
    from dashboard.query.engine import Engine
    from dashboard.query.polars_engine import PolarsEngine
    from dashboard.query.warming import warm
    from dashboard.web.serving import service
    from dashboard.web.serving.service import Status
    from tests.web import sample

    class BenchService(sample.SampleService):
        """The service over one snapshot: a record with its sealer stands behind no benchmark archive."""

        log_id = bench.BENCH_LOG_ID

        def __init__(self) -> None:
            super().__init__(pl.DataFrame())
            self._snapshot = bench.snapshot(place)
            warm(self._snapshot, threading.Event())  # as the real one does, though in the background

        @property
        def size(self) -> int:
            return self._snapshot.as_of

        def engine(self, as_of: int | None = None) -> Engine:
            return PolarsEngine(self._snapshot, datetime.now(UTC))

        def status(self) -> Status:
            return Status(self.size, 0, 0.0)

    def opened(_: ExitStack) -> service.Service:
        return BenchService()

    service.open_service = opened
    server.serve("127.0.0.1", port)


def _serve_trivial(port: int, *, ours: bool) -> None:
    import streamlit as st

    from dashboard.web.serving.streamlit_config import pinned_config

    st.App(TRIVIAL).run(config={**pinned_config("127.0.0.1", port), "runner.postScriptGC": not ours})


if __name__ == "__main__":
    number, *what = sys.argv[1:]
    if what and what != [OURS]:
        _serve_archive(int(number), Path(*what))
    else:
        _serve_trivial(int(number), ours=what == [OURS])
