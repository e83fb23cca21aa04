"""What a question costs on a Spark cluster against Polars, on one machine: two workers with a processor each.

Both are asked what every engine is (`questions.py`), of one sort for all; answers are compared before they are timed.
`BENCH_RUNS` (default 3) is how often a question is asked once both are warm, in turn.
"""

import os
import statistics
import time
from collections.abc import Callable
from contextlib import closing

import polars as pl
import pytest

from dashboard.demo import bench
from dashboard.query import views
from dashboard.query.engine import Engine
from dashboard.query.polars_engine import PolarsEngine
from dashboard.query.spark_engine import SparkEngine
from dashboard.query.spark_session import SparkCluster
from tests.bench import archive, results
from tests.bench.questions import Question, by_views, difference, questions
from tests.spark_server import connect_server

pytestmark = pytest.mark.bench

RUNS = int(os.environ.get("BENCH_RUNS", "3"))
WORKER_MB = 2048
_SORTS = "first page by "
_SORT = _SORTS + "actor:asc"
_HOW = """\
By Spark Connect: two workers with a processor and {memory:,} MiB each, on the processors that Polars has alone.
The same files of `queries/views/` over the same Delta Lake tables; every answer is compared before it is timed. Medians
of {runs} to warm engines, each of another month or another word, both in turn."""


def test_spark_against_polars() -> None:
    place = archive.location()
    snapshot, end = bench.snapshot(place), archive.end(place)
    oldest = pl.scan_parquet(archive.files(place)).select(pl.col("occurred_at").min()).collect().item()
    asked = [
        each
        for each in questions(archive.EVENTS, oldest, end)
        if not each.name.startswith(_SORTS) or each.name == _SORT
    ]
    rows: list[list[object]] = []
    with connect_server(memory_mb=WORKER_MB) as url, closing(SparkCluster(url)) as cluster:
        spark = SparkEngine(snapshot, cluster, end)
        for each in asked:
            rows.append([each.name, *_in_turn(each, spark, lambda: PolarsEngine(snapshot, end))])
            print(*rows[-1], flush=True)
        month = next(each for each in asked if each.one_month).wanted
        start = time.perf_counter()
        exported = sum(frame.height for frame in views.batches(spark, month))
        rows.append([f"an export of {exported:,} events, every column", time.perf_counter() - start, "–", "–"])
    columns = ["question", "Spark, s", "Polars, s", "Spark / Polars"]
    found = {"how": _HOW.format(memory=WORKER_MB, runs=RUNS), "columns": columns, "rows": rows}
    results.put("spark", archive.EVENTS, found)


def _in_turn(question: Question, spark: SparkEngine, polars: Callable[[], PolarsEngine]) -> tuple[float, float, float]:
    told = difference(by_views(spark, question), by_views(polars(), question))
    assert not told, f"{question.name}: {told}"
    ours, theirs = [], []
    for turn in range(1, RUNS + 1):
        ours.append(_seconds(spark, question.turned(turn)))
        theirs.append(_seconds(polars(), question.turned(turn)))
    one, other = statistics.median(ours), statistics.median(theirs)
    return one, other, one / other


def _seconds(engine: Engine, question: Question) -> float:
    start = time.perf_counter()
    by_views(engine, question)
    return time.perf_counter() - start
