"""What one month costs in logs of several lengths: each question is asked of all of them in turn.

`BENCH_LENGTHS` (default "1000000 10000000") names the lengths, in events; `BENCH_RUNS` (default 15, at most) is how
often each is asked once it is warm.
"""

import os
import statistics
from contextlib import ExitStack

import polars as pl
import pytest

from tests.bench import archive, results
from tests.bench.questions import Question, questions
from tests.bench.workers import Auditlens, Worker, working

pytestmark = pytest.mark.bench

LENGTHS = sorted(int(each) for each in os.environ.get("BENCH_LENGTHS", "1000000 10000000").split())
RUNS = int(os.environ.get("BENCH_RUNS", "15"))
_WARM = 1  # what is asked before any is timed


def test_one_month_in_logs_of_several_lengths() -> None:
    assert len(LENGTHS) > 1, "BENCH_LENGTHS names two lengths at least"
    with ExitStack() as open_:
        logs = {events: _log(open_, events) for events in LENGTHS}
        rows = []
        for number, first in enumerate(logs[LENGTHS[0]][1]):
            times: dict[int, list[float]] = {events: [] for events in LENGTHS}
            for turn in range(_WARM + RUNS):
                for events, (worker, asked) in logs.items():
                    seconds = worker.ask(asked[number].turned(turn)).seconds
                    if turn >= _WARM:
                        times[events].append(seconds)
            medians = {str(events): statistics.median(some) for events, some in times.items()}
            print(first.name, {events: f"{seconds * 1000:.2f} ms" for events, seconds in medians.items()}, flush=True)
            rows.append({"question": first.name, "seconds": medians})
    results.put("lengths", LENGTHS[-1], {"rows": rows, "runs": RUNS})


def _log(open_: ExitStack, events: int) -> tuple[Worker, list[Question]]:
    place = archive.location(events)
    end = archive.end(place)
    oldest = pl.scan_parquet(archive.files(place)[0]).select(pl.col("occurred_at").min()).collect().item()
    months = [question for question in questions(events, oldest, end) if question.one_month]
    return open_.enter_context(working(Auditlens, place, end)), months
