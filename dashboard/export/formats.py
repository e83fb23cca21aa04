"""The formats that exist, and one way to stream any of them: for the command line and for the HTTP route."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Protocol

import polars as pl

from dashboard.errors import UsageError
from dashboard.events.columns import CSV_COLUMNS, SCHEMA
from dashboard.export.ahead import ahead
from dashboard.export.csv_text import write_csv
from dashboard.export.json_text import ALL_COLUMNS, write_json, write_ndjson
from dashboard.export.origin import Origin
from dashboard.export.parquet_file import write_parquet
from dashboard.export.tally import Tally
from dashboard.export.xlsx_book import write_xlsx
from dashboard.query import views
from dashboard.query.engine import Engine

_FRAME_ROWS = 150_000  # at most, of one that is read ahead; the engine gives fewer where rows are wide


class Format(StrEnum):
    """A file format; its value is also the ending of the file's name."""

    CSV = "csv"
    JSON = "json"
    NDJSON = "ndjson"
    PARQUET = "parquet"
    XLSX = "xlsx"


class Writer(Protocol):
    """Turns frames into the bytes of a file, and tells the tally what the format can't hold."""

    def __call__(
        self, batches: Iterable[pl.DataFrame], columns: Sequence[str], origin: Origin, tally: Tally, /
    ) -> Iterator[bytes]: ...


def _as_text(write: Callable[[Iterable[pl.DataFrame], Sequence[str]], Iterator[bytes]]) -> Writer:
    """The writer of a text, which holds everything and says nothing of itself."""
    return lambda batches, columns, _origin, _tally: write(batches, columns)


@dataclass(frozen=True, slots=True)
class Kind:
    """What there is to know of a format."""

    media_type: str
    columns: tuple[str, ...]  # unless others are asked for
    write: Writer


KINDS: Mapping[Format, Kind] = {
    Format.CSV: Kind("text/csv; charset=utf-8; header=present", CSV_COLUMNS, _as_text(write_csv)),
    Format.JSON: Kind("application/json", ALL_COLUMNS, _as_text(write_json)),
    Format.NDJSON: Kind("application/x-ndjson", ALL_COLUMNS, _as_text(write_ndjson)),
    Format.PARQUET: Kind("application/vnd.apache.parquet", ALL_COLUMNS, write_parquet),
    Format.XLSX: Kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", CSV_COLUMNS, write_xlsx),
}


def chosen_columns(kind: Format, text: str | None) -> tuple[str, ...]:
    """Reads `columns=` of a link or a flag: nothing for the format's own, `all`, or words with commas between.

    Raises UsageError naming the first that is no column.
    """
    if not text:
        return KINDS[kind].columns
    names = ALL_COLUMNS if text.strip() == "all" else tuple(name.strip() for name in text.split(","))
    unknown = next((name for name in names if name not in SCHEMA), None)
    if unknown is not None:
        raise UsageError(f"columns: {unknown[:64]!r} is not a column", f"There are all, {', '.join(SCHEMA)}.")
    if len(set(names)) < len(names):
        raise UsageError("columns: a column is named twice", "Name each once.")
    return names


def stream(
    engine: Engine,
    origin: Origin,
    kind: Format = Format.CSV,
    columns: Sequence[str] | None = None,
    tally: Tally | None = None,
) -> Generator[bytes]:
    """All events the origin means, in order, as the bytes of a file; in chunks and constant memory.

    The first chunk is made before it returns, so that a question that can't be answered raises here, not in the middle
    of a response: call it, and `next` on what it returns, in a thread. Later chunks are large: 256 KiB of text, or some
    thousand rows packed. Closing it ends the work: it waits for what is being read, and asks for nothing after that.
    """
    wanted, counting = tuple(columns or KINDS[kind].columns), tally or Tally()
    frames = ahead(views.batches(engine, origin.wanted, origin.sort, wanted, _FRAME_ROWS))
    chunks = KINDS[kind].write(counting.counting(frames), wanted, origin, counting)
    return _after(list(islice(chunks, 1)), chunks)


def _after(first: Iterable[bytes], rest: Iterator[bytes]) -> Generator[bytes]:
    yield from first
    yield from rest
