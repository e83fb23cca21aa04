"""XLSX: what a spreadsheet must show, must not run, and can't hold; read by a reader that is not ours."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from dashboard.events.columns import CSV_COLUMNS, SCHEMA, TIME
from dashboard.events.filter import EventFilter
from dashboard.export import Origin, Tally
from dashboard.export.xlsx_book import MOST_ROWS, write_xlsx
from dashboard.export.xlsx_cells import LARGEST_NUMBER, MOST_CHARACTERS, column_letters, fitted
from tests.thorough import cases

Frame = Callable[..., pl.DataFrame]
ALL = tuple(SCHEMA)
ORIGIN = Origin(log_id="this-log", as_of=7, exported_at=datetime(2026, 11, 23, tzinfo=UTC))
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PIECES = st.sampled_from(
    ["_x0007_", "_x005F_", "_x0041", "_x", "_", "\x00", "\r", "&amp;", "<", "x0041_", "\ufffe", " ", "=1"]
)


def written(
    frames: Sequence[pl.DataFrame], columns: Sequence[str] = ALL, tally: Tally | None = None, **rest: int
) -> bytes:
    return b"".join(write_xlsx(frames, columns, ORIGIN, tally or Tally(), **rest))


def opened(content: bytes) -> CalamineWorkbook:
    return CalamineWorkbook.from_filelike(io.BytesIO(content))


def cells(content: bytes, sheet: int = 1) -> list[dict[str, tuple[str, str]]]:
    """The cells of a sheet by the letter of their column, each with its type and what stands in it, by the standard."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        rows = ET.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml")).iter(f"{MAIN}row")
    return [{(cell.get("r") or "").rstrip("0123456789"): held(cell) for cell in row} for row in rows]


def held(cell: "ET.Element[str]") -> tuple[str, str]:
    text = "".join(cell.itertext())
    kind = cell.get("t") or "n"
    if kind == "inlineStr":
        text = re.sub("_x([0-9A-Fa-f]{4})_", lambda code: chr(int(code[1], 16)), text)
    return kind, text


def test_the_sheets_the_header_and_a_row(frame: Frame) -> None:
    book = opened(written([frame(["Ada"])], CSV_COLUMNS))
    assert book.sheet_names == ["Events", "About"]
    header, row = book.get_sheet_by_name("Events").to_python()
    assert header == [*CSV_COLUMNS[:6], "occurred_at (UTC)", *CSV_COLUMNS[7:]]
    assert row[:4] == ["Ada", "Auth", "Ada", "Ada"]
    assert row[6] == datetime(2026, 11, 23, 8, 11, 57, 123_000)  # noqa: DTZ001 - a reader of sheets knows no zones
    assert row[7:] == ["failure", 0.0, str(2**62)]


def test_every_hostile_text_comes_back_from_every_column(frame: Frame) -> None:
    events = frame()
    _, *rows = cells(written([events], ALL))
    for place, name in enumerate(ALL):
        if SCHEMA[name] == pl.String:
            found = [row.get(column_letters(place)) for row in rows]
            assert found == [None if text is None else ("inlineStr", text) for text in events[name]], name


@settings(max_examples=cases(60), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts=st.lists(st.none() | TEXTS | st.lists(PIECES | TEXTS, max_size=8).map("".join), min_size=1, max_size=20))
def test_every_text_comes_back(frame: Frame, texts: list[str | None]) -> None:
    _, *rows = cells(written([frame(texts)], ("actor", "details")))
    assert [row.get("A", ("inlineStr", None))[1] for row in rows] == texts
    assert [row.get("B", ("inlineStr", None))[1] for row in rows] == texts


def test_another_reader_finds_the_same_texts(frame: Frame) -> None:
    texts = [
        "plain",
        "two\nlines",
        " =1+1 ",
        "<&>",
        "😀",
        "=cmd|' /C calc'!A0",
        "a\x07b",
        "_x0007_",
        "https://a.example",
    ]
    _, *rows = opened(written([frame(texts)], ("actor",))).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows] == texts


def test_nothing_is_a_formula_or_a_link(frame: Frame) -> None:
    content = written([frame(["=1+1", "https://evil.example", "@SUM(A1)"])])
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        styles = ET.fromstring(book.read("xl/styles.xml"))
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    of_texts = set(re.findall(r's="(\d)" t="inlineStr"', sheet.partition("</row>")[2]))
    formats = styles.find(f"{MAIN}cellXfs")
    assert formats is not None
    assert {formats[int(style)].get("quotePrefix") for style in of_texts} == {"1"}


def test_a_time_is_exact_to_the_microsecond(frame: Frame) -> None:
    first = datetime(1970, 1, 1, tzinfo=UTC)
    moments = [
        first + timedelta(days=days, microseconds=us)
        for days in range(0, 39_000, 1_300)
        for us in (0, 1, 86_399_999_999)
    ]
    events = frame(["x"] * len(moments)).with_columns(occurred_at=pl.Series(moments, dtype=TIME))
    _, *rows = cells(written([events], ("occurred_at",)))
    excel = datetime(1899, 12, 30, tzinfo=UTC)
    for moment, row in zip(moments, rows, strict=True):
        days, _, part = row["A"][1].partition(".")
        rest = round(float(f"0.{part or 0}") * 86_400_000_000)
        assert excel + timedelta(days=int(days), microseconds=rest) == moment


def test_numbers_that_excel_would_round_are_texts(frame: Frame) -> None:
    numbers = [0, -7, LARGEST_NUMBER - 1, 10 * LARGEST_NUMBER, -(2**63), 2**63 - 1, None]
    events = frame(["x"] * len(numbers)).with_columns(source_seq=pl.Series(numbers, dtype=pl.Int64))
    _, *rows = cells(written([events], ("source_seq", "id", "imported")))
    assert [row.get("A", ("n", "None")) for row in rows] == [
        ("n" if number is None or abs(number) < LARGEST_NUMBER else "inlineStr", str(number)) for number in numbers
    ]
    assert {row["B"][0] for row in rows} == {"inlineStr"}
    assert {row["C"] for row in rows} == {("b", "0")}


def test_rows_beyond_the_limit_fill_further_sheets_that_are_named(frame: Frame) -> None:
    events = frame([str(number) for number in range(25)])
    content = written([*events.iter_slices(4)], ("actor",), most_rows=11)
    book = opened(content)
    assert book.sheet_names == ["Events 1", "Events 2", "Events 3", "About"]
    sheets = [book.get_sheet_by_index(number).to_python() for number in range(3)]
    assert [len(sheet) for sheet in sheets] == [11, 11, 6]
    assert {sheet[0][0] for sheet in sheets} == {"actor"}
    assert [row[0] for sheet in sheets for row in sheet[1:]] == events["actor"].to_list()
    exactly = opened(written([events.head(10)], ("actor",), most_rows=11))
    assert exactly.sheet_names == ["Events", "About"]
    assert MOST_ROWS == 2**20


def test_a_text_that_no_cell_holds_is_cut_marked_and_noted(frame: Frame) -> None:
    texts = ["a" * MOST_CHARACTERS, "b" * (MOST_CHARACTERS + 1), "😀" * 20_000, "\x07" * 40_000, "short", None]
    tally = Tally()
    events = frame(["x"] * len(texts)).with_columns(details=pl.Series(texts, dtype=pl.String))
    _, *rows = cells(written([events], ("details",), tally))
    found = [row["A"][1] if row else None for row in rows]
    assert (found[0], found[4], found[5]) == (texts[0], "short", None)
    for before, after in zip(texts[1:4], found[1:4], strict=True):
        kept, _, mark = (after or "").rpartition(" … [cut: ")
        assert before is not None
        assert before.startswith(kept)
        assert mark == f"{len(kept):,} of {len(before):,} characters]"
    assert tally.notes == ["3 texts are longer than the 32,767 characters of a cell: each is cut and says so."]


@given(text=st.text(st.sampled_from("a_x0\x07😀"), min_size=30_000 // 8, max_size=6_000).map(lambda text: text * 8))
@settings(max_examples=cases(15), deadline=None)
def test_what_fits_is_never_longer_than_a_cell(text: str) -> None:
    escaped = re.sub("[\x00-\x08]", "_x0007_", fitted(text).replace("_x", "_x005F_x"))
    assert len(escaped.encode("utf-16-le")) // 2 <= MOST_CHARACTERS


def test_a_book_says_what_it_is_made_of(frame: Frame) -> None:
    origin = Origin(log_id="this-log", as_of=7, wanted=EventFilter(actor=("<evil>&",)))
    tally = Tally()
    content = b"".join(write_xlsx(tally.counting([frame(["a", "b"])]), CSV_COLUMNS, origin, tally))
    about = {row[0]: row[1] for row in opened(content).get_sheet_by_name("About").to_python()}
    assert (about["log_id"], about["as_of"], about["rows"]) == ("this-log", "7", "2")
    assert "<evil>&" in about["filter"]


def test_no_rows_are_a_header() -> None:
    for frames in ([], [pl.DataFrame(schema=dict(SCHEMA))]):
        book = opened(written(frames, ("actor", "seq")))
        assert book.sheet_names == ["Events", "About"]
        assert book.get_sheet_by_index(0).to_python() == [["actor", "seq"]]


def test_rows_leave_while_others_come(frame: Frame) -> None:
    asked = 0

    def frames() -> Iterator[pl.DataFrame]:
        nonlocal asked
        for _ in range(12):
            asked += 1
            yield frame([str(asked)] * 5_000)

    pieces = write_xlsx(frames(), CSV_COLUMNS, ORIGIN, Tally())
    first = next(pieces)
    assert asked <= 2
    content = first + b"".join(pieces)
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    assert opened(content).get_sheet_by_index(0).height == 60_001
