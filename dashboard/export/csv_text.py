"""CSV by RFC 4180 (commas, CRLF, UTF-8) that no spreadsheet runs and our own importer reads back equal.

The header has the words of the data dictionary. A null is an empty cell. A text that is empty, or begins with a
character that a spreadsheet takes for a formula (= + - @ TAB CR LF), with the em dash that tables use for "nobody", or
with the guard itself, gets one `'` in front: taking one leading `'` off each text cell gives the original back. An
empty description stays an empty cell: an event without one is recorded with the empty text.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import polars as pl

from dashboard.events.columns import CSV_COLUMNS
from dashboard.export.ahead import side_by_side
from dashboard.export.chunks import chunked, slices, time_text

GUARD = "'"
_DASH = "—"
GUARDED_STARTS = ("=", "+", "-", "@", "'", "\t", "\r", "\n", _DASH)
_ABOVE_ASCII_STARTS = "A"  # the others come before it, `@` last of them
_SLICE_ROWS, _SLICE_BYTES = 33_334, 8 * 1024 * 1024  # written in half the time of slices of 4,000 rows
NEVER_NULL = frozenset({"description"})


def write_csv(batches: Iterable[pl.DataFrame], columns: Sequence[str] = CSV_COLUMNS) -> Iterator[bytes]:
    """Yields the file in chunks: the header, then a record for each row; memory stays constant."""
    return chunked(_pieces(batches, columns))


def _pieces(batches: Iterable[pl.DataFrame], columns: Sequence[str]) -> Iterator[bytes]:
    records = side_by_side(partial(_records, columns=columns), slices(batches, _SLICE_ROWS, _SLICE_BYTES))
    yield ",".join(columns).encode() + b"\r\n" + next(records, b"")
    yield from records


def _records(rows: pl.DataFrame, columns: Sequence[str]) -> bytes:
    written = io.BytesIO()
    rows.select(_cell(rows[name]) for name in columns).write_csv(
        written,
        include_header=False,
        line_terminator="\r\n",
        quote_style="always" if len(columns) == 1 else "necessary",  # a lone null would be a blank line
    )
    return written.getvalue()


def _cell(column: pl.Series) -> pl.Series:
    if column.dtype == pl.String:
        return guarded(column)
    return time_text(column) if column.dtype.is_temporal() else column


def guarded(texts: pl.Series) -> pl.Series:
    """The texts, safe for a spreadsheet. Most columns have none to guard: two comparisons, without a look at each."""
    possible = (texts < _ABOVE_ASCII_STARTS) | (texts >= _DASH)
    if not possible.any():
        return texts
    unsafe = texts.str.head(1).is_in(GUARDED_STARTS)
    if texts.name not in NEVER_NULL:
        unsafe |= texts == ""
    return (GUARD + texts).zip_with(unsafe, texts).alias(texts.name) if unsafe.any() else texts
