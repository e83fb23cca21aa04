"""Parquet: the columns with their types, nothing lost; zstd, times in UTC, row groups that a reader can skip.

The file says of itself what it is made of: `auditlens.` and a word of `Origin.words` are its keys. It is written from
front to end, so nothing lies on a disk.
"""

from collections.abc import Iterable, Iterator, Sequence

import polars as pl
import pyarrow as pa
from pyarrow import parquet

from dashboard.events.columns import SCHEMA
from dashboard.export.origin import Origin
from dashboard.export.passing import Passing
from dashboard.export.tally import Tally

GROUP_CELLS = 600_000  # of one row group: some ten megabytes before they are packed
_CODEC, _LEVEL = "zstd", 3
_OLDEST = pl.CompatLevel.oldest()


def write_parquet(batches: Iterable[pl.DataFrame], columns: Sequence[str], origin: Origin, _: Tally) -> Iterator[bytes]:
    """Yields the file a row group at a time; one without rows holds the columns."""
    return filter(None, _pieces(batches, columns, origin))


def _pieces(batches: Iterable[pl.DataFrame], columns: Sequence[str], origin: Origin) -> Iterator[bytes]:
    written = Passing()
    empty = pl.DataFrame(schema={name: SCHEMA[name] for name in columns}).to_arrow(compat_level=_OLDEST)
    words = {f"auditlens.{name}": text for name, text in origin.words().items()}
    with parquet.ParquetWriter(
        pa.PythonFile(written, mode="w"),
        empty.schema.with_metadata(words),
        compression=_CODEC,
        compression_level=_LEVEL,
        use_dictionary=True,
    ) as file:
        for rows in groups(batches, max(GROUP_CELLS // len(columns), 1)):
            file.write_table(rows.select(columns).to_arrow(compat_level=_OLDEST).replace_schema_metadata(words))
            yield written.taken()
    yield written.taken()


def groups(batches: Iterable[pl.DataFrame], rows: int) -> Iterator[pl.DataFrame]:
    """The same rows in frames of about `rows`; the first one is not waited for."""
    waiting: list[pl.DataFrame] = []
    enough = 1
    for batch in batches:
        for part in batch.iter_slices(rows):
            waiting.append(part)
            if sum(frame.height for frame in waiting) >= enough:
                yield pl.concat(waiting)
                waiting, enough = [], rows
    if waiting:
        yield pl.concat(waiting)
