"""Stretches in which a source that reports steadily says nothing: a gap in what is known, which is not a zero."""

from collections.abc import Iterator

import polars as pl

from dashboard.events.columns import TIME
from dashboard.query.schemas import Schema

MOST_SOURCES = 20
CHANCE = 0.01

SCHEMA: Schema = {"source": pl.String, "since": TIME, "until": TIME}


def silences(found: pl.DataFrame, buckets: pl.Series, end: object) -> pl.DataFrame:
    """The gaps of the 20 busiest sources; columns source, since, until (half-open), ordered by since and source.

    `found` holds bucket, source, events; `buckets` are the starts of those that are over, and `end` is where the last
    of them ends. A run of empty buckets after a source's first event is a gap if a run so long is not to be expected of
    this source: if each bucket were empty by chance, as often as its buckets outside this run and longer ones are
    (n of them, e empty: (e + 1) / (n + 2), Laplace's rule of succession), fewer than one in a hundred charts of so many
    buckets would hold such a run. So two quiet nights of a person are no gap, and three hours of a machine are one.
    """
    starts = [*buckets.to_list(), end]
    busiest = found.group_by("source").agg(pl.col("events").sum()).sort("events", "source", descending=[True, False])
    rows = []
    for source in busiest["source"].head(MOST_SOURCES):
        held = set(found.filter(pl.col("source").eq_missing(source), pl.col("events") > 0)["bucket"])
        flags = [start in held for start in starts[:-1]]
        rows += [(source, starts[first], starts[after]) for first, after in gaps(flags)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").sort("since", "source")


def gaps(held: list[bool]) -> Iterator[tuple[int, int]]:
    """The half-open runs of buckets without an event that are gaps, as `silences` means it."""
    if True not in held:
        return
    begun = held.index(True)
    runs = list(_empty_runs(held, begun))
    for first, after in runs:
        longer = sum(b - a for a, b in runs if b - a > after - first)
        outside = len(held) - begun - longer - (after - first)
        empty = sum(b - a for a, b in runs) - longer - (after - first)
        chance = ((empty + 1) / (outside + 2)) ** (after - first) * (len(held) - begun)
        if chance < CHANCE:
            yield first, after


def _empty_runs(held: list[bool], begun: int) -> Iterator[tuple[int, int]]:
    first = None
    for place in range(begun, len(held) + 1):
        is_empty = place < len(held) and not held[place]
        if is_empty and first is None:
            first = place
        elif not is_empty and first is not None:
            yield first, place
            first = None
