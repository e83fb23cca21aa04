"""Sorted rows out of files of any size: keys first, rows after, so that only one batch of whole rows is in memory."""

from collections.abc import Iterator, Sequence

import polars as pl

from dashboard.query.sort import Sort

KEY = ("seq", "occurred_at")
CHUNK_ROWS = 200_000  # rows that are fetched at once, whatever the size of a batch


def ordered_keys(events: pl.LazyFrame, sort: Sort) -> pl.LazyFrame:
    """`seq` and `occurred_at` of the events in order."""
    names = [name for name, _ in sort.keys]
    keys = events.select(*dict.fromkeys((*names, *KEY)))
    return keys.sort(names, descending=[down for _, down in sort.keys], nulls_last=True)


def only(events: pl.LazyFrame, keys: pl.DataFrame) -> pl.LazyFrame:
    """The events of the keys, in no order; files and row groups outside their range of times are not read."""
    low, high = keys["occurred_at"].min(), keys["occurred_at"].max()
    return events.filter(
        pl.col("occurred_at").is_between(pl.lit(low), pl.lit(high)), pl.col("seq").is_in(keys["seq"].implode())
    )


def batches(events: pl.LazyFrame, sort: Sort, columns: Sequence[str], size: int) -> Iterator[pl.DataFrame]:
    """All events in order, in frames of `size` rows at most."""
    keys = ordered_keys(events, sort).select(KEY).collect()
    for start in range(0, keys.height, CHUNK_ROWS):
        chunk = keys.slice(start, CHUNK_ROWS)
        rows = only(events, chunk).select(*dict.fromkeys(("seq", *columns))).collect()
        ordered = chunk.select("seq").join(rows, on="seq", how="left", maintain_order="left").select(columns)
        yield from ordered.iter_slices(size)
