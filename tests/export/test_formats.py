"""Streaming: the same events for every format, in order, and errors before the first byte."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from dashboard.archive.snapshot import Snapshot
from dashboard.errors import UsageError
from dashboard.events.columns import CSV_COLUMNS, SCHEMA
from dashboard.events.filter import EventFilter
from dashboard.export import KINDS, Format, Origin, Tally, chosen_columns, stream
from dashboard.query import views
from dashboard.query.polars_engine import PolarsEngine
from dashboard.query.sort import NEWEST_FIRST, Sort

Frame = Callable[..., pl.DataFrame]
NAMES = ["b", "a", None, "c", "a", "Ä", ""]


@pytest.fixture
def engine(frame: Frame) -> PolarsEngine:
    events = frame(NAMES)
    return PolarsEngine(Snapshot(as_of=events.height, events=events.lazy()))


def content(
    engine: PolarsEngine, kind: Format, wanted: EventFilter, sort: Sort = NEWEST_FIRST, tally: Tally | None = None
) -> bytes:
    return b"".join(stream(engine, Origin.of(engine, "log", wanted, sort), kind, tally=tally))


def seqs(engine: PolarsEngine, kind: Format, wanted: EventFilter, sort: Sort) -> list[int]:
    written = content(engine, kind, wanted, sort)
    match kind:
        case Format.CSV:
            return [int(row["seq"]) for row in csv.DictReader(io.StringIO(written.decode(), newline=""))]
        case Format.JSON:
            return [row["seq"] for row in json.loads(written)]
        case Format.NDJSON:
            return [json.loads(line)["seq"] for line in written.splitlines()]
        case Format.PARQUET:
            return pl.read_parquet(written)["seq"].to_list()
        case Format.XLSX:
            header, *rows = CalamineWorkbook.from_filelike(io.BytesIO(written)).get_sheet_by_index(0).to_python()
            return [int(float(str(row[header.index("seq")]))) for row in rows]


@pytest.mark.parametrize("kind", Format)
@pytest.mark.parametrize(
    "sort", [Sort(), Sort("actor", descending=False), Sort("actor"), Sort("seq", descending=False)]
)
def test_a_file_holds_the_rows_of_the_table_in_its_order(engine: PolarsEngine, kind: Format, sort: Sort) -> None:
    for wanted in (EventFilter(), EventFilter(actor=("a",)), EventFilter(not_actor=("a",)), EventFilter(actor=("x",))):
        table = views.log_page(engine, wanted, sort)["seq"].to_list()
        assert seqs(engine, kind, wanted, sort) == table
        tally = Tally()
        assert content(engine, kind, wanted, sort, tally) or not table
        assert tally.rows == views.count(engine, wanted) == len(table)


@pytest.mark.parametrize("kind", Format)
def test_a_question_that_cannot_be_answered_fails_before_the_first_byte(engine: PolarsEngine, kind: Format) -> None:
    with pytest.raises(UsageError, match="original"):
        stream(engine, Origin.of(engine, "log", EventFilter()), kind, columns=["original"])
    broken = PolarsEngine(Snapshot(as_of=1, events=pl.LazyFrame({"seq": [0]})))
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        stream(broken, Origin.of(broken, "log", EventFilter()), kind)


def test_columns_are_the_formats_own_all_or_those_named() -> None:
    assert chosen_columns(Format.CSV, None) == CSV_COLUMNS
    assert chosen_columns(Format.CSV, "all") == chosen_columns(Format.JSON, "") == tuple(SCHEMA)
    assert chosen_columns(Format.NDJSON, "seq, actor") == ("seq", "actor")
    for wrong in ("original", "seq,,actor", "seq,seq", "SEQ"):
        with pytest.raises(UsageError, match="columns"):
            chosen_columns(Format.CSV, wrong)


def test_every_format_is_written_and_has_its_media_type() -> None:
    assert set(KINDS) == set(Format)
    assert {kind: what.media_type.partition(";")[0] for kind, what in KINDS.items()} == {
        Format.CSV: "text/csv",
        Format.JSON: "application/json",
        Format.NDJSON: "application/x-ndjson",
        Format.PARQUET: "application/vnd.apache.parquet",
        Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }


GROWTH = """
import re, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
import polars as pl
from dashboard.events.columns import SCHEMA
from dashboard.export import Format, Origin, Tally, stream

class Engine:
    as_of, now, erasures = 0, datetime(2026, 11, 23, tzinfo=UTC), 0

    def __init__(self, rows):
        self.rows = rows

    def batches(self, wanted, sort, columns, size):
        for number in range(self.rows // 20_000):
            seq = pl.int_range(number * 20_000, (number + 1) * 20_000)
            yield pl.select(seq.alias("seq")).with_columns(
                id=pl.col("seq"), occurred_at=pl.lit(self.now), actor=pl.format("person.{}", pl.col("seq") % 500),
                description=pl.format("Repository acme/web-{}, run {}", pl.col("seq") % 997, "seq"),
            ).select(columns)

def peak(rows):
    Path("/proc/self/clear_refs").write_text("5")
    engine, tally = Engine(rows), Tally()
    origin = Origin(log_id="log", as_of=0)
    columns = ["actor", "description", "occurred_at", "seq", "id"]
    for _ in stream(engine, origin, Format(sys.argv[1]), columns, tally):
        pass
    assert tally.rows == rows
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

peak(100_000)
print(peak(1_000_000) - peak(100_000))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("kind", [Format.CSV, Format.NDJSON, Format.PARQUET, Format.XLSX])
def test_memory_does_not_grow_with_the_number_of_rows(kind: Format) -> None:
    done = subprocess.run([sys.executable, "-c", GROWTH, kind], check=True, capture_output=True, text=True)
    assert float(done.stdout) < 40  # MB; a million rows are ten times as much as text
