"""What keeping the archive costs, and what its order spares a reader. Nothing here asserts a time: `make bench` prints.

`BENCH_MIRRORED` (default 200,000) is how many events the log holds; the archive that is pruned holds five times more.
"""

import os
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from dashboard.archive.table import ArchiveTable
from dashboard.demo import bench
from dashboard.events.columns import SCHEMA
from dashboard.keeping import rebuild as rebuilding
from dashboard.keeping.compaction import Compactor
from dashboard.keeping.log import Log
from dashboard.keeping.mirror import mirror
from dashboard.keeping.rebuild import rebuild
from dashboard.keeping.sealer import Sealer
from dashboard.record.append import in_batches
from tests.archive.test_compacting import SCHEMA as SMALL
from tests.archive.test_compacting import frame
from tests.bench.test_ratios import event

pytestmark = pytest.mark.bench

EVENTS = int(os.environ.get("BENCH_MIRRORED", "200000"))


def best_of_three(act: Callable[[], object]) -> float:
    return min(timed(act) for _ in range(3))


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def test_mirroring_compacting_and_rebuilding(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    with log.appender() as appender, Sealer(log) as sealer:
        for part in in_batches(map(event, range(EVENTS))):
            appender.append(part)
        sealer.seal()
    with closing(log.reader()) as reader:
        mirror_s = timed(lambda: mirror(reader, log.events_table(), log.evidence_table(), limit=10_000))
    with Compactor(log) as compactor:
        done = compactor.finish()
    compacted = sum(one.rows_rewritten for one in done.values())
    compact_s = sum(one.seconds for one in done.values())
    monkeypatch.setattr(rebuilding, "RANGE_EVENTS", max(1, EVENTS // (2 * (os.cpu_count() or 1))))
    cores = os.cpu_count() or 1
    alone_s, together_s = rebuild(log, processes=1).seconds, rebuild(log, processes=cores).seconds
    print(f"\nkeeping the archive, {EVENTS:,} events, both tables")
    print(f"mirroring in ranges of 10,000     {EVENTS / mirror_s:12,.0f} events/s")
    print(f"compacting                        {compacted / compact_s:12,.0f} rows/s")
    print(f"rebuilding, one process           {EVENTS / alone_s:12,.0f} events/s")
    print(f"rebuilding, {cores} processes          {EVENTS / together_s:12,.0f} events/s{alone_s / together_s:8.2f}x")
    events = log.events_table()
    events.refresh()
    assert sum(file.rows for file in events.listed()) == EVENTS


def test_opening(tmp_path: Path) -> None:
    table = ArchiveTable(str(tmp_path), "events", SMALL, "log")
    print(f"\n{'opening a table':24}{'open':>10}{'files':>10}{'look again':>12}  ms")
    for count in (10, 100, 400):
        table.refresh()
        for seq in range(table.watermark, count):
            table.append(frame([seq], [seq]), seq, seq + 1)
        fresh = ArchiveTable(str(tmp_path), "events", SMALL, "log")
        opened, listed, again = (timed(act) * 1e3 for act in (fresh.refresh, fresh.parts, fresh.refresh))
        print(f"{count:4} files and versions {opened:12.1f}{listed:10.1f}{again:12.1f}")
        assert len(fresh.files()) == count


def test_pruning(tmp_path: Path) -> None:
    bench.write(tmp_path / "bench", events=5 * EVENTS, seed=7)
    table = ArchiveTable(str(tmp_path / "bench"), "events", SCHEMA, bench.BENCH_LOG_ID)
    table.refresh()
    newest = max(part.newest for part in table.parts())
    actors = table.scan().group_by("actor").len().sort("len", "actor").collect()["actor"]
    rare = next(actor for actor in actors if actor is not None)
    conditions: dict[str, tuple[str, object, object]] = {
        "one month": ("occurred_at", newest - timedelta(days=30), newest),
        "one day": ("occurred_at", newest - timedelta(days=1), newest),
        "one place of the log": ("seq", 2 * EVENTS, 2 * EVENTS),
        "one category": ("category", "Security", "Security"),
        "one actor": ("actor", rare, rare),
    }
    everything = best_of_three(lambda: table.scan().select("seq", "occurred_at", "category", "actor").collect())
    print(f"\n{'pruning':24}{'row groups':>14}{'of all':>9}{'time of all':>13}")
    for name, (column, low, high) in conditions.items():
        read, groups = row_groups(table, column, low, high)
        wanted = table.scan().filter(pl.col(column).is_between(pl.lit(low), pl.lit(high)))
        asked = best_of_three(lambda wanted=wanted: wanted.select("seq", "occurred_at", "category", "actor").collect())  # type: ignore[misc]
        print(f"{name:24}{read:8} / {groups:3}{read / groups:9.2f}{asked / everything:13.2f}")


def row_groups(table: ArchiveTable, column: str, low: object, high: object) -> tuple[int, int]:
    """How many row groups can hold a value, by their bounds, and how many there are."""
    read = groups = 0
    for file in table.files():
        metadata = pq.ParquetFile(file).metadata
        place = metadata.schema.names.index(column)
        for number in range(metadata.num_row_groups):
            bounds = metadata.row_group(number).column(place).statistics
            groups += 1
            read += not (bounds.max < low or bounds.min > high)
    return read, groups
