"""What it costs to carry a checkpoint to one folder."""

import time
from pathlib import Path

import psycopg
import pytest

from dashboard.keeping.anchoring import Anchorer
from dashboard.keeping.log import Log
from tests.keeping.stub_sinks import grow, with_sinks


@pytest.mark.bench
def test_a_round_with_one_folder(log: Log, admin: "psycopg.Connection[tuple[object, ...]]", tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    log = with_sinks(log, f"file:{tmp_path / 'outside'}")
    busy, idle = [], []
    with Anchorer(log) as anchorer:
        for k in range(50):
            grow(log, k, k + 1)
            began = time.perf_counter()
            assert len(anchorer.send() or ()) == 1
            busy.append(time.perf_counter() - began)
            began = time.perf_counter()
            assert anchorer.round() == 0
            idle.append(time.perf_counter() - began)
    sizes = admin.execute("select avg(pg_column_size(anchor.*))::int, avg(length(receipt))::int from anchor").fetchone()
    busy_ms, idle_ms = (sorted(times)[25] * 1e3 for times in (busy, idle))
    print(
        f"\none folder: {busy_ms:.1f} ms a round, {idle_ms:.1f} ms an idle one; bytes of a row, of a receipt: {sizes}"
    )
