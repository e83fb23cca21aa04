"""CSV by RFC 4180 (commas, CRLF, UTF-8) that no spreadsheet runs and our own importer reads back equal.

The header has the words of the data dictionary. A null is an empty cell. A text that is empty, or begins with a
character that a spreadsheet takes for a formula (= + - @ TAB CR LF), with the em dash that tables use for "nobody", or
with the guard itself, gets one `'` in front: taking one leading `'` off each text cell gives the original back. An
empty description stays an empty cell: an event without one is recorded with the empty text.
"""

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from dashboard.events.columns import CSV_COLUMNS
from dashboard.export.chunks import TIME_FORMAT, chunked, slices

GUARD = "'"
GUARDED_START = "^[=+@'\t\r\n—-]"  # in Polars' regex `^` is the text's start, not a line's
NEVER_NULL = frozenset({"description"})


def write_csv(batches: Iterable[pl.DataFrame], columns: Sequence[str] = CSV_COLUMNS) -> Iterator[bytes]:
    """Yields the file in pieces of 256 KiB or more: the header, then a record for each row; memory stays constant."""
    return chunked(_pieces(batches, columns))


def guarded(columns: Sequence[str], schema: pl.Schema) -> list[pl.Expr]:
    """The columns in order, their texts made safe for a spreadsheet."""
    return [_guarded(name) if schema[name] == pl.String else pl.col(name) for name in columns]


def _guarded(name: str) -> pl.Expr:
    text = pl.col(name)
    unsafe = text.str.contains(GUARDED_START)
    if name not in NEVER_NULL:
        unsafe |= text == ""
    return pl.when(unsafe).then(GUARD + text).otherwise(text).alias(name)


def _pieces(batches: Iterable[pl.DataFrame], columns: Sequence[str]) -> Iterator[bytes]:
    yield ",".join(columns).encode() + b"\r\n"
    for rows in slices(batches):
        safe = rows.lazy().select(guarded(columns, rows.schema)).collect(engine="in-memory")
        text = safe.write_csv(
            include_header=False,
            line_terminator="\r\n",
            datetime_format=TIME_FORMAT,
            quote_style="always" if len(columns) == 1 else "necessary",  # a lone null would be a blank line
        )
        yield text.encode()
