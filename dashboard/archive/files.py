"""The archive's Parquet files: how they are written, so that Polars, DuckDB, Spark and Trino read little and fast.

Rows are sorted by the table's order, so that a row group is a short range of it. Measured on 2 cores over a million
events, against one codec and no encoding chosen: whole numbers and times as differences halve the time to read keys
and take a tenth of the size off; zstd 1 reads as fast as 3 and is no larger. Polars skips row groups by their bounds,
DuckDB by Bloom filters too. The page index serves Spark and Trino.
"""

import json
import time
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

import polars as pl
from deltalake.transaction import AddAction

from dashboard.archive.storage import Storage

ROW_GROUP = 65_536
STATISTICS = ("seq", "occurred_at", "category", "action", "outcome")
"""What the table's log tells of each file. The log is kept longer than files are: nothing personal is in it."""

_DIFFERENCES = ("seq", "id", "occurred_at", "recorded_at", "source_seq", "leaf_v")
_DISTINCT = ("native_id", "leaf", "imported")  # a dictionary of these is as long as the column
_SEARCHED = ("actor", "source_ip")  # often asked for by one value, which few row groups hold
_DISTINCT_OF_A_GROUP = 4_096
_LONGEST_BOUND = 64


def order_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """What a table's rows are sorted by: when they happened, where that is known."""
    return ("occurred_at", "seq") if "occurred_at" in schema else ("seq",)


def write(frame: pl.DataFrame, storage: Storage, *, data_change: bool) -> AddAction:
    """Writes rows, sorted already, as one new file that no version names yet. About 2 µs a row."""
    return write_named(f"part-{uuid.uuid4()}.parquet", frame, storage, data_change=data_change)


def write_named(name: str, frame: pl.DataFrame, storage: Storage, *, data_change: bool) -> AddAction:
    """As `write`, under a name that was never used."""
    content = encoded(frame)
    storage.put(name, content)
    return AddAction(name, len(content), {}, now_ms(), data_change, statistics(frame))


def encoded(frame: pl.DataFrame) -> memoryview:
    """The rows as a Parquet file."""
    import pyarrow as pa  # noqa: PLC0415  # a third of a second: who only reads never loads it
    import pyarrow.parquet as pq  # noqa: PLC0415

    differences = [name for name in _DIFFERENCES if name in frame.columns]
    distinct = [name for name, dtype in frame.schema.items() if name in _DISTINCT or name.endswith("_salt")]
    sink = pa.BufferOutputStream()
    pq.write_table(
        frame.to_arrow(compat_level=pl.CompatLevel.oldest()),
        sink,
        row_group_size=ROW_GROUP,
        compression="zstd",
        compression_level=1,
        use_dictionary=[name for name in frame.columns if name not in differences and name not in distinct],
        column_encoding=dict.fromkeys(differences, "DELTA_BINARY_PACKED"),
        write_page_index=True,
        bloom_filter_options={
            name: {"ndv": _DISTINCT_OF_A_GROUP, "fpp": 0.01} for name in _SEARCHED if name in frame.columns
        },
    )
    return memoryview(sink.getvalue())


def statistics(frame: pl.DataFrame) -> str:
    """What Delta's log tells of a file, as JSON; of a long text nothing."""
    bounds: dict[str, dict[str, Any]] = {"minValues": {}, "maxValues": {}}
    told = [name for name in STATISTICS if name in frame.columns]
    for name in told:
        found = [_bound(value) for value in (frame[name].min(), frame[name].max())]
        if None not in found:
            bounds["minValues"][name], bounds["maxValues"][name] = found
    nulls = {name: frame[name].null_count() for name in told}
    return json.dumps({"numRecords": frame.height, **bounds, "nullCount": nulls})


def _bound(value: object) -> object:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    return None if isinstance(value, str) and len(value) > _LONGEST_BOUND else value


def now_ms() -> int:
    return int(time.time() * 1000)


def fingerprint(frame: pl.DataFrame) -> tuple[int, int, int]:
    """What two frames of the same rows in any order share: their number, and sums over a hash of each whole row."""
    sums = frame.hash_rows().to_frame("hash").select(pl.col("hash").bitwise_xor().alias("xor"), pl.col("hash").sum())
    exclusive, total = sums.row(0)
    return frame.height, exclusive or 0, total


def together(prints: Iterable[tuple[int, int, int]]) -> tuple[int, int, int]:
    """The fingerprint of several frames as one."""
    rows = exclusive = total = 0
    for one in prints:
        rows, exclusive, total = rows + one[0], exclusive ^ one[1], (total + one[2]) % 2**64
    return rows, exclusive, total


def cut(frame: pl.DataFrame, most: int) -> list[pl.DataFrame]:
    """Sorted rows in as few even pieces as `most` allows."""
    count = max(1, -(-frame.height // most))
    bounds = [frame.height * k // count for k in range(count + 1)]
    return [frame[start:stop] for start, stop in pairwise(bounds)]
