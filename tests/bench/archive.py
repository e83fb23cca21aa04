"""The archive that benches ask: BENCH_EVENTS events, made once for each size and kept in BENCH_HOME.

10 million events take 0.9 GB and half a minute, 100 million 9 GB and five to ten minutes, on two cores.
"""

import os
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from dashboard.demo import bench

EVENTS = int(os.environ.get("BENCH_EVENTS", str(bench.DEFAULT_EVENTS)))
HOME = Path(os.environ.get("BENCH_HOME", str(Path(tempfile.gettempdir()) / "auditlens-bench")))
SEED = 7
_AGE = timedelta(days=2)  # an older one ends too long ago for "the last 24 hours"


def location(events: int = EVENTS) -> Path:
    """The folder of a whole archive of this size, made when there is none, or an old one."""
    place = HOME / f"archive-{events}"
    done = place.with_suffix(".done")
    if done.exists() and datetime.now(UTC).timestamp() - done.stat().st_mtime < _AGE.total_seconds():
        return place
    done.unlink(missing_ok=True)
    shutil.rmtree(place, ignore_errors=True)
    print(f"\nWriting {events:,} events to {place}")
    made = bench.write(place, events=events, seed=SEED)
    print(f"{made.seconds:.0f} s")
    done.touch()
    return place


def files(place: Path) -> list[str]:
    """The Parquet files of its events, oldest first."""
    return sorted(str(path) for path in (place / "events").glob("*.parquet"))


def size_bytes(place: Path) -> int:
    """What its events take on disk, without the evidence that no question reads."""
    return sum(Path(file).stat().st_size for file in files(place))


def end(place: Path) -> datetime:
    """The moment after its newest event: what a question's `now` is."""
    newest = pl.scan_parquet(files(place)[-1]).select(pl.col("occurred_at").max()).collect().item()
    moment: datetime = newest + timedelta(microseconds=1)
    return moment
