"""Frames through COPY, six times as fast as rows: raw values out, as PostgreSQL writes a column, and rows in."""

import io
from collections.abc import Mapping
from typing import Any

import polars as pl
import psycopg


def copied(
    connection: "psycopg.Connection[tuple[Any, ...]]", statement: str, values: Mapping[str, object], schema: pl.Schema
) -> pl.DataFrame:
    """The rows of a statement, in its order; the schema names its columns. The session writes ISO times in UTC."""
    buffer = io.BytesIO()
    # Each value is quoted, so that nothing is null and "" is empty.
    copy_out = f"copy ({statement}) to stdout (format csv, header false, force_quote *, null '')"
    with connection.cursor() as cursor, cursor.copy(copy_out.encode(), dict(values)) as copy:
        for piece in copy:
            buffer.write(piece)
    buffer.seek(0)
    if not buffer.getbuffer().nbytes:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(buffer, has_header=False, schema=schema, low_memory=False)


def copy_in(cursor: "psycopg.Cursor[tuple[Any, ...]]", statement: str, rows: pl.DataFrame) -> None:
    """Writes rows through a `copy … from stdin (format csv)` that names the frame's columns in their order."""
    with cursor.copy(statement.encode()) as copy:
        copy.write(rows.write_csv(include_header=False, quote_style="non_numeric"))


def hexadecimal(name: str) -> pl.Expr:
    r"""A bytea that PostgreSQL wrote as `\x…`."""
    return pl.col(name).str.slice(2)


def canonical_time(name: str) -> pl.Expr:
    """`2026-11-23 08:11:57.12+00` as a leaf's line writes it; what is no such time stays different from every one."""
    text = pl.col(name).str.strip_suffix("+00")
    fraction = text.str.slice(20).str.pad_end(6, "0")
    day, time_of_day = text.str.slice(0, 10), text.str.slice(11, 8)
    return pl.concat_str(day, pl.lit("T"), time_of_day, pl.lit("."), fraction, pl.lit("Z")).alias(name)
