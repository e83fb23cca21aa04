"""JSON and JSON lines: every column, nothing lost."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

import polars as pl
import pytest

from dashboard.events.columns import SCHEMA, TIME
from dashboard.events.event import AuditEvent
from dashboard.events.times import format_time
from dashboard.export import write_json, write_ndjson
from dashboard.export.chunks import CHUNK_BYTES
from dashboard.ingest.fields import PRODUCER_FIELDS

Frame = Callable[..., pl.DataFrame]
Imported = Callable[[bytes], list[AuditEvent]]
Write = Callable[[Iterable[pl.DataFrame]], Iterator[bytes]]


def expected(frame: pl.DataFrame) -> list[dict[str, object]]:
    return [
        {
            name: format_time(value) if isinstance(value, datetime) else str(value) if name == "id" else value
            for name, value in row.items()
        }
        for row in frame.rows(named=True)
    ]


def test_an_array_holds_every_column_of_every_hostile_event(frame: Frame) -> None:
    events = frame()
    found = json.loads(b"".join(write_json([events])))
    assert found == expected(events)
    assert [list(row) for row in found[:1]] == [list(SCHEMA)]


def test_lines_hold_the_same_one_object_each(frame: Frame) -> None:
    events = frame()
    content = b"".join(write_ndjson(events.iter_slices(7)))
    assert content.endswith(b"}\n")
    assert [json.loads(line) for line in content[:-1].split(b"\n")] == expected(events)


def test_an_array_is_one_however_its_frames_are_cut(frame: Frame) -> None:
    events = frame()
    empty = events.clear()
    assert json.loads(b"".join(write_json([empty, *events.iter_slices(1), empty]))) == expected(events)


@pytest.mark.parametrize("write", [write_json, write_ndjson])
def test_our_importer_reads_every_field_back(frame: Frame, imported: Imported, write: Write) -> None:
    events = frame()
    found = imported(b"".join(write([events])))
    for name in PRODUCER_FIELDS:
        assert [getattr(event, name) for event in found] == events[name].to_list(), name


def test_no_rows_are_an_empty_array_and_no_line() -> None:
    empty = pl.DataFrame(schema=dict(SCHEMA))
    for batches in ([], [empty]):
        assert b"".join(write_json(batches)) == b"[]\n"
        assert list(write_ndjson(batches)) == []


def test_ids_are_texts_and_times_have_six_digits(frame: Frame) -> None:
    whole_second = pl.lit(datetime(1970, 1, 1, tzinfo=UTC), dtype=TIME)
    row = json.loads(b"".join(write_ndjson([frame(["x"]).with_columns(occurred_at=whole_second)])))
    assert row["id"] == "4611686018427387904"
    assert row["occurred_at"] == "1970-01-01T00:00:00.000000Z"
    assert row["region"] is None
    assert row["imported"] is False


def test_chunks_are_large(frame: Frame) -> None:
    sizes = [len(chunk) for chunk in write_json([frame(["x" * 100] * 5_000)])]
    assert min(sizes[:-1]) >= CHUNK_BYTES
