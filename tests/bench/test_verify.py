"""How many rows a second a full verification hashes again: by one process and by two, without and with an archive.

`BENCH_VERIFIED` (default 200,000) is how many events there are.
"""

import os

import pytest

from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.keeping.verify import verify
from dashboard.record.append import in_batches
from tests.bench.test_ratios import event

pytestmark = pytest.mark.bench

EVENTS = int(os.environ.get("BENCH_VERIFIED", "200000"))
RUNS = 3


def test_a_full_verification(log: Log) -> None:
    with log.appender() as appender:
        for batch in in_batches(event(k) for k in range(EVENTS)):
            appender.append(batch)
    with Sealer(log) as sealer:
        sealer.seal()
        record = [_rows_a_second(log, processes) for processes in (1, 2)]
        sealer.mirror()
    both = [_rows_a_second(log, processes) for processes in (1, 2)]
    print(f"\n{'rows/s':>24}{'one process':>14}{'two':>10}{'ratio':>7}")
    for name, (one, two) in {"record": record, "record and archive": both}.items():
        print(f"{name:>24}{one:14,.0f}{two:10,.0f}{two / one:7.2f}")


def _rows_a_second(log: Log, processes: int) -> float:
    """The best of a few passes, all of them sound."""
    reports = [verify(log, processes=processes) for _ in range(RUNS)]
    assert all(report.is_sound and report.rows == EVENTS for report in reports)
    return EVENTS / min(report.seconds for report in reports)
