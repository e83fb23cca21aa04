"""CSV: what a spreadsheet must not run, what a reader must get back."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.events.columns import CSV_COLUMNS, SCHEMA
from dashboard.events.event import AuditEvent
from dashboard.export import write_csv
from dashboard.export.chunks import CHUNK_BYTES
from tests.thorough import cases

Frame = Callable[..., pl.DataFrame]
Imported = Callable[[bytes], list[AuditEvent]]
ALL = tuple(SCHEMA)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
STARTS = st.sampled_from(["", "=", "+", "-", "@", "'", "\t", "\r", "\n", "—", '"', " "])


def cells(content: bytes) -> list[list[str]]:
    """What Python's own reader finds."""
    before = csv.field_size_limit(1_000_000)
    try:
        return list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))
    finally:
        csv.field_size_limit(before)


def undone(cell: str) -> str | None:
    """The text behind a cell, by the documented rule."""
    return cell.removeprefix("'") if cell else None


def written(frame: pl.DataFrame, columns: Sequence[str] = CSV_COLUMNS) -> bytes:
    return b"".join(write_csv([frame], columns))


def test_a_file_begins_with_the_words_and_ends_lines_as_rfc_4180_says(frame: Frame) -> None:
    content = written(frame(["Ada"]))
    assert content == (
        b"actor,category,action,description,source_ip,region,occurred_at,outcome,seq,id\r\n"
        b"Ada,Auth,Ada,Ada,,,2026-11-23T08:11:57.123456Z,failure,0,4611686018427387904\r\n"
    )


def test_no_rows_are_a_header() -> None:
    assert b"".join(write_csv([])) == (",".join(CSV_COLUMNS) + "\r\n").encode()
    assert b"".join(write_csv(iter([pl.DataFrame(schema=dict(SCHEMA))]), ALL)) == (",".join(ALL) + "\r\n").encode()


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        (None, ""),
        ("", "'"),
        ("=1", "'=1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@a", "'@a"),
        ("'a", "''a"),
        ("\ta", "'\ta"),
        ("\ra", "'\ra"),
        ("\na", "'\na"),
        ("—", "'—"),
        ("a=1", "a=1"),
        ("a\n=1", "a\n=1"),
        ("a\n", "a\n"),
        (" =1", " =1"),
        ("ok", "ok"),
    ],
)
def test_a_text_that_could_be_run_or_taken_for_nothing_gets_one_guard(frame: Frame, text: str, cell: str) -> None:
    assert cells(written(frame([text])))[1][0] == cell


@settings(max_examples=cases(60), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts=st.lists(st.none() | st.builds(str.__add__, STARTS, TEXTS), min_size=1, max_size=20))
def test_every_text_comes_back(frame: Frame, texts: list[str | None]) -> None:
    rows = cells(written(frame(texts), ("actor", "seq", "details")))
    assert [undone(row[0]) for row in rows[1:]] == texts
    assert [undone(row[2]) for row in rows[1:]] == texts


def test_hostile_texts_come_back_from_every_text_column(frame: Frame) -> None:
    events = frame()
    header, *rows = cells(written(events, ALL))
    assert header == list(ALL)
    for name, dtype in SCHEMA.items():
        if dtype == pl.String:
            place = header.index(name)
            back = [undone(row[place]) for row in rows]
            if name == "description":  # never null, but when erased: an empty one needs no guard
                back = [text or "" for text in back]
            assert back == events[name].to_list(), name


def test_one_column_alone_keeps_a_line_for_each_row(frame: Frame) -> None:
    assert cells(written(frame(["a", None, ""]), ("actor",))) == [["actor"], ["a"], [""], ["'"]]


def test_chunks_are_large_and_made_as_they_are_asked_for(frame: Frame) -> None:
    batch = frame(["x" * 100] * 1_000)
    asked = 0

    def batches() -> Iterable[pl.DataFrame]:
        nonlocal asked
        for _ in range(20):
            asked += 1
            yield batch

    chunks = write_csv(batches())
    first = next(chunks)
    assert asked == 1
    sizes = [len(first), *(len(chunk) for chunk in chunks)]
    assert min(sizes[:-1]) >= CHUNK_BYTES
    assert asked == 20


@pytest.mark.parametrize("columns", [CSV_COLUMNS, ALL])
def test_our_importer_reads_every_hostile_text_back(frame: Frame, imported: Imported, columns: Sequence[str]) -> None:
    events = frame()
    found = imported(written(events, columns))
    for name in {*columns} & {"actor", "category", "action", "target", "source_ip", "occurred_at", "details"}:
        assert [getattr(event, name) for event in found] == events[name].to_list(), name
    assert [event.description for event in found] == events["description"].to_list()
