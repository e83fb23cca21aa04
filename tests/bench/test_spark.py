"""What a question costs on a Spark cluster against Polars, on one machine: two workers with a processor each.

`BENCH_ARCHIVE` names a folder that `auditlens demo --bench` made; else one of `BENCH_EVENTS` events is made, by default
ten million. Answers are compared, times are printed: the median of `BENCH_RUNS` questions (default 3) to warm engines.
"""

import os
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dashboard.demo import bench
from dashboard.events.adornment import Bucket, Width
from dashboard.events.filter import EventFilter
from dashboard.query import views
from dashboard.query.engine import Engine
from dashboard.query.polars_engine import PolarsEngine
from dashboard.query.sort import Sort
from dashboard.query.spark_engine import SparkEngine
from dashboard.query.spark_session import SparkCluster
from tests.spark_server import connect_server

pytestmark = pytest.mark.bench

EVENTS = int(os.environ.get("BENCH_EVENTS", "10000000"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
WORKER_MB = 2048
FACETS = ("category", "action", "outcome", "actor", "region", "country", "target", "source")
ALL = EventFilter()

Ask = Callable[[Engine], pl.DataFrame]


def questions(events: int, newest: EventFilter) -> dict[str, Ask]:
    """What the pages ask, by name."""
    found = EventFilter(search=("release notes",))

    def counted(engine: Engine, wanted: EventFilter) -> pl.DataFrame:
        return pl.DataFrame({"events": [views.count(engine, wanted)]})

    return {
        "events per day and category, all": lambda e: e.answer("actions_over_time", ALL, Bucket(Width.DAY)),
        "the same, one month": lambda e: e.answer("actions_over_time", newest, Bucket(Width.DAY)),
        "failed logins by region, all": lambda e: views.failed_logins_by_region(e, ALL),
        "search, counted, all": lambda e: counted(e, found),
        "search, first page, all": lambda e: views.log_page(e, found),
        "newest page": lambda e: views.log_page(e, ALL),
        "newest page of a category": lambda e: views.log_page(e, EventFilter(category=("Auth",))),
        "sorted by actor, first page": lambda e: views.log_page(e, ALL, Sort("actor", descending=False)),
        "page in the middle": lambda e: views.log_page(e, ALL, offset=events // 2),
        "facets of eight fields, one month": lambda e: pl.concat([views.facets(e, newest, field) for field in FACETS]),
    }


def seconds(ask: Ask, engine: Engine) -> float:
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        ask(engine)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def test_spark_against_polars(tmp_path: Path) -> None:
    place = Path(os.environ.get("BENCH_ARCHIVE") or tmp_path / "bench")
    if not place.exists():
        bench.write(place, events=EVENTS, seed=1)
    snapshot = bench.snapshot(place)
    with connect_server(memory_mb=WORKER_MB) as url, closing(SparkCluster(url)) as cluster:
        polars = PolarsEngine(snapshot)
        spark = SparkEngine(snapshot, cluster, polars.now)
        newest = views.newest_time(polars)
        assert newest is not None
        month = EventFilter(since=newest - timedelta(days=30), until=newest)
        print(f"\n{snapshot.as_of:,} events, medians of {RUNS}\n{'':36}{'Spark':>10}{'Polars':>10}{'ratio':>8}")
        for name, ask in questions(snapshot.as_of, month).items():
            assert_frame_equal(ask(spark), ask(polars))
            ours, theirs = seconds(ask, spark), seconds(ask, PolarsEngine(snapshot, polars.now))
            print(f"{name:36}{ours:8.2f} s{theirs:8.3f} s{ours / theirs:7.1f}x", flush=True)
        start = time.perf_counter()
        rows = sum(frame.height for frame in views.batches(spark, month))
        print(f"an export of {rows:,} events, every column: {time.perf_counter() - start:.1f} s")
