"""Streaming: the same events for every format, in order, and errors before the first byte."""

import csv
import io
import json
from collections.abc import Callable

import polars as pl
import pytest

from dashboard.archive.snapshot import Snapshot
from dashboard.errors import UsageError
from dashboard.events.columns import CSV_COLUMNS, SCHEMA
from dashboard.events.filter import EventFilter
from dashboard.export import KINDS, Format, chosen_columns, stream
from dashboard.query import views
from dashboard.query.polars_engine import PolarsEngine
from dashboard.query.sort import Sort

Frame = Callable[..., pl.DataFrame]
NAMES = ["b", "a", None, "c", "a", "Ä", ""]


@pytest.fixture
def engine(frame: Frame) -> PolarsEngine:
    events = frame(NAMES)
    return PolarsEngine(Snapshot(as_of=events.height, events=events.lazy()))


def seqs(engine: PolarsEngine, kind: Format, wanted: EventFilter, sort: Sort) -> list[int]:
    content = b"".join(stream(engine, wanted, sort, kind=kind)).decode()
    if kind is Format.CSV:
        return [int(row["seq"]) for row in csv.DictReader(io.StringIO(content, newline=""))]
    rows = json.loads(content) if kind is Format.JSON else [json.loads(line) for line in content.splitlines()]
    return [row["seq"] for row in rows]


@pytest.mark.parametrize("kind", Format)
@pytest.mark.parametrize(
    "sort", [Sort(), Sort("actor", descending=False), Sort("actor"), Sort("seq", descending=False)]
)
def test_a_file_holds_the_rows_of_the_table_in_its_order(engine: PolarsEngine, kind: Format, sort: Sort) -> None:
    for wanted in (EventFilter(), EventFilter(actor=("a",)), EventFilter(not_actor=("a",)), EventFilter(actor=("x",))):
        table = views.log_page(engine, wanted, sort)["seq"].to_list()
        assert seqs(engine, kind, wanted, sort) == table
        counts: list[int] = []
        assert b"".join(stream(engine, wanted, sort, kind=kind, counted=counts.append)) or not table
        assert sum(counts) == views.count(engine, wanted) == len(table)


def test_a_question_that_cannot_be_answered_fails_before_the_first_byte(engine: PolarsEngine) -> None:
    with pytest.raises(UsageError, match="original"):
        stream(engine, EventFilter(), columns=["original"])
    broken = PolarsEngine(Snapshot(as_of=1, events=pl.LazyFrame({"seq": [0]})))
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        stream(broken, EventFilter())


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
    }
