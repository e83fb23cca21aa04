"""JSON (an array of objects) and JSON lines: every column, nothing lost.

Keys are the words of the data dictionary. `id` is a decimal string, since it may pass 2^53; times are texts of six
digits ending in Z; `details` stays the text that was recorded, so it comes back byte for byte.
"""

import io
from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from dashboard.events.columns import SCHEMA
from dashboard.export.chunks import chunked, slices, time_text

ALL_COLUMNS = tuple(SCHEMA)


def write_ndjson(batches: Iterable[pl.DataFrame], columns: Sequence[str] = ALL_COLUMNS) -> Iterator[bytes]:
    """Yields one object a line, in chunks; nothing at all when there are no rows."""
    return chunked(_lines(batches, columns))


def write_json(batches: Iterable[pl.DataFrame], columns: Sequence[str] = ALL_COLUMNS) -> Iterator[bytes]:
    """Yields one array with an object a line, in chunks; `[]` when there are no rows."""
    return chunked(_array(_lines(batches, columns)))


def _lines(batches: Iterable[pl.DataFrame], columns: Sequence[str]) -> Iterator[bytes]:
    for rows in slices(batches):
        buffer = io.BytesIO()
        rows.select(_lossless(rows[name]) for name in columns).write_ndjson(buffer)
        yield buffer.getvalue()


def _array(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Between objects a comma: a line feed inside a text is escaped, so each bare one ends an object."""
    before = b"[\n"
    for piece in lines:
        yield before + piece[:-1].replace(b"\n", b",\n")
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def _lossless(column: pl.Series) -> pl.Series:
    if column.name == "id":
        return column.cast(pl.String)
    return time_text(column) if column.dtype.is_temporal() else column
