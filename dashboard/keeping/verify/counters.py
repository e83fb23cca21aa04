"""Gaps in the counters of producers: events that were lost before they reached us, or after."""

from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from dashboard.events.folding import visible
from dashboard.ledger.report import Finding, Kind

MOST_GAPS = 100
MOST_RUNS = 100_000
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """Numbers without a gap, and the places of the events with the first and the last."""

    low: int
    high: int
    low_seq: int
    high_seq: int


Runs = dict[str, list[Run]]
"""For each source the runs of its counter, in order."""


def runs_in(events: pl.DataFrame) -> Runs:
    """The runs among events: columns source, source_seq, seq."""
    counted = events.filter(pl.col("source_seq").is_not_null()).select("source", "source_seq", "seq")
    if not counted.height:
        return {}
    lines = (
        counted.unique(["source", "source_seq"], keep="first")
        .sort("source", "source_seq")
        .with_columns(
            ((pl.col("source_seq").diff() != 1) | (pl.col("source") != pl.col("source").shift()))
            .fill_null(True)
            .cum_sum()
            .alias("run")
        )
        .group_by("source", "run", maintain_order=True)
        .agg(
            pl.col("source_seq").first().alias("low"), pl.col("source_seq").last().alias("high"),
            pl.col("seq").first().alias("low_seq"), pl.col("seq").last().alias("high_seq"),
        )
    )  # fmt: skip
    found: Runs = {}
    for source, _, low, high, low_seq, high_seq in lines.iter_rows():
        found.setdefault(source, []).append(Run(low, high, low_seq, high_seq))
    return found


class Counters:
    """Joins the runs of many ranges."""

    def __init__(self) -> None:
        self._runs: dict[str, list[Run]] = {}
        self._given_up: set[str] = set()

    def add(self, runs: Runs) -> None:
        """Takes in what one range gave."""
        for source, found in runs.items():
            if source in self._given_up:
                continue
            kept = self._runs.setdefault(source, [])
            for run in found:
                _put(kept, run)
            if len(kept) > MOST_RUNS:
                self._given_up.add(source)
                kept.clear()

    def gaps(self, unread: Sequence[int] = ()) -> Iterator[Finding]:
        """A finding for each gap, a hundred of a source at most. Not where places between its ends could not be read:
        `unread`, in order; their events may be what is missing.
        """
        for source, runs in sorted(self._runs.items()):
            name = visible(source)[:_LONGEST_NAME]
            pairs = [pair for pair in pairwise(runs) if not _reads_over(unread, *pair)]
            for before, after in pairs[:MOST_GAPS]:
                lost = after.low - before.high - 1
                first, last = sorted((before.high_seq, after.low_seq))
                yield Finding(
                    kind=Kind.GAP, first=first, last=last,
                    message=f"Source {name} counted from {before.high} to {after.low}: {lost:,} numbers between them "
                    "never came.",
                )  # fmt: skip
            if len(pairs) > MOST_GAPS:
                more = len(pairs) - MOST_GAPS
                yield Finding(kind=Kind.GAP, message=f"The counter of source {name} has {more:,} more gaps.")

    @property
    def left_out(self) -> tuple[str, ...]:
        """Sources whose counters are too ragged to follow."""
        return tuple(
            f"The counter of source {visible(source)[:_LONGEST_NAME]} has more than {MOST_RUNS:,} gaps: they were not "
            "listed."
            for source in sorted(self._given_up)
        )


def _reads_over(unread: Sequence[int], before: Run, after: Run) -> bool:
    first, last = sorted((before.high_seq, after.low_seq))
    at = bisect_right(unread, first)
    return at < len(unread) and unread[at] < last


def _put(runs: list[Run], new: Run) -> None:
    """Puts a run among others that are apart and in order, and joins what touches it."""
    at = bisect_right(runs, new)
    start = at
    while start > 0 and runs[start - 1].high >= new.low - 1:
        start -= 1
    stop = at
    while stop < len(runs) and runs[stop].low <= new.high + 1:
        stop += 1
    if start == stop:
        insort(runs, new)
        return
    touched = [*runs[start:stop], new]
    low, high = min(touched, key=lambda run: run.low), max(touched, key=lambda run: run.high)
    runs[start:stop] = [Run(low.low, high.high, low.low_seq, high.high_seq)]
