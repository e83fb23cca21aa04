"""The formats that exist, and one way to stream any of them: for the command line and for the HTTP route."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice
from typing import Protocol

import polars as pl

from dashboard.errors import UsageError
from dashboard.events.columns import CSV_COLUMNS, SCHEMA
from dashboard.events.filter import EventFilter
from dashboard.export.csv_text import write_csv
from dashboard.export.json_text import ALL_COLUMNS, write_json, write_ndjson
from dashboard.query import views
from dashboard.query.engine import Engine
from dashboard.query.sort import NEWEST_FIRST, Sort


class Format(StrEnum):
    """A file format; its value is also the ending of the file's name."""

    CSV = "csv"
    JSON = "json"
    NDJSON = "ndjson"


class Writer(Protocol):
    """Turns frames into the bytes of a file."""

    def __call__(self, batches: Iterable[pl.DataFrame], columns: Sequence[str]) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """What there is to know of a format."""

    media_type: str
    columns: tuple[str, ...]  # unless others are asked for
    write: Writer


KINDS: Mapping[Format, Kind] = {
    Format.CSV: Kind("text/csv; charset=utf-8; header=present", CSV_COLUMNS, write_csv),
    Format.JSON: Kind("application/json", ALL_COLUMNS, write_json),
    Format.NDJSON: Kind("application/x-ndjson", ALL_COLUMNS, write_ndjson),
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
    wanted: EventFilter,
    sort: Sort = NEWEST_FIRST,
    columns: Sequence[str] | None = None,
    kind: Format = Format.CSV,
    counted: Callable[[int], object] = lambda rows: None,
) -> Iterator[bytes]:
    """All events the filter means, in order, as the bytes of a file; in chunks of 256 KiB or more and constant memory.

    The first chunk is made before it returns, so that a question that can't be answered raises here, not in the middle
    of a response: call it, and `next` on what it returns, in a thread. `counted` is told the rows of each frame as it
    passes.
    """
    wanted_columns = tuple(columns or KINDS[kind].columns)
    batches = views.batches(engine, wanted, sort, wanted_columns)
    chunks = KINDS[kind].write(_counting(batches, counted), wanted_columns)
    return chain(list(islice(chunks, 1)), chunks)


def _counting(batches: Iterable[pl.DataFrame], counted: Callable[[int], object]) -> Iterator[pl.DataFrame]:
    for batch in batches:
        counted(batch.height)
        yield batch
