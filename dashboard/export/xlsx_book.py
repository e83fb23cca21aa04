"""XLSX: a workbook for Excel, written from front to end while the events come; nothing lies on a disk.

A workbook is a zip, and a zip names its parts at its end: so sheets are written as they fill, and what lists them comes
last. A sheet is full at Excel's limit of rows; then there are "Events 1", "Events 2", …. The last sheet, "About",
says what the file is made of, and what a cell could not hold.
"""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import polars as pl

from dashboard.export import xlsx_parts as parts
from dashboard.export.ahead import ahead
from dashboard.export.chunks import slices
from dashboard.export.origin import Origin
from dashboard.export.passing import Passing
from dashboard.export.tally import Tally
from dashboard.export.xlsx_cells import MOST_CHARACTERS, cut_texts, row_xml

MOST_ROWS = 1_048_576  # of a sheet, its header included
MOST_BYTES = 2_000_000_000  # of a sheet's XML: a larger part needs a form of zip that not every reader takes
_SLICE_ROWS = 2_500  # two megabytes of XML
_LEVEL = 1  # the XML repeats itself: higher levels make it a tenth smaller in three times the time


class Piece(NamedTuple):
    """Rows of one sheet, as its XML."""

    sheet: int  # from 1
    last_row: int  # the number of the last one
    xml: bytes


def write_xlsx(
    batches: Iterable[pl.DataFrame], columns: Sequence[str], origin: Origin, tally: Tally, most_rows: int = MOST_ROWS
) -> Iterator[bytes]:
    """Yields the file some thousand rows at a time. Texts that no cell can hold are cut, marked, and counted in the
    tally's notes.
    """
    return filter(None, _parts(_rows(batches, columns, tally, most_rows), columns, origin, tally))


def _parts(rows: Iterator[Piece], columns: Sequence[str], origin: Origin, tally: Tally) -> Iterator[bytes]:
    written = Passing()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as book:

        def part(name: str) -> zipfile.ZipInfo:
            info = zipfile.ZipInfo(name, origin.exported_at.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            return info

        book.writestr(part("[Content_Types].xml"), parts.CONTENT_TYPES)
        book.writestr(part("_rels/.rels"), parts.PACKAGE_RELATIONS)
        book.writestr(part("xl/styles.xml"), parts.STYLES)
        sheets = 0
        for sheets, pieces in groupby(ahead(rows), attrgetter("sheet")):
            last_row = 1
            with book.open(part(parts.sheet_path(sheets)), "w") as sheet:
                sheet.write(parts.sheet_start(parts.column_widths(columns)) + parts.head_row(columns))
                for piece in pieces:
                    sheet.write(piece.xml)
                    last_row = piece.last_row
                    yield written.taken()
                sheet.write(parts.sheet_end(len(columns), last_row))
        about = [*origin.words().items(), ("rows", str(tally.rows)), *(("note", note) for note in tally.notes)]
        names = ["Events"] if sheets == 1 else [f"Events {number}" for number in range(1, sheets + 1)]
        book.writestr(part(parts.sheet_path(sheets + 1)), parts.pairs_sheet(about))
        book.writestr(part("xl/workbook.xml"), parts.workbook([*names, "About"]))
        book.writestr(part("xl/_rels/workbook.xml.rels"), parts.workbook_relations(sheets + 1))
    yield written.taken()


def _rows(batches: Iterable[pl.DataFrame], columns: Sequence[str], tally: Tally, most_rows: int) -> Iterator[Piece]:
    """The rows of all sheets; one of none where there are no events, since a workbook has a sheet."""
    sheet, row, size_bytes, cut = 1, 1, 0, 0
    for rows in slices(batches, _SLICE_ROWS):
        whole, cut_here = cut_texts(rows, columns)
        cut += cut_here
        while not whole.is_empty():
            if row == most_rows or size_bytes > MOST_BYTES:
                sheet, row, size_bytes = sheet + 1, 1, 0
            here = whole.head(most_rows - row)
            xml = row_xml(here, columns, row + 1)
            row, size_bytes, whole = row + here.height, size_bytes + len(xml), whole.slice(here.height)
            yield Piece(sheet, row, xml)
    if row == 1:
        yield Piece(sheet, row, b"")
    if cut:
        tally.notes.append(
            f"{cut:,} texts are longer than the {MOST_CHARACTERS:,} characters of a cell: each is cut and says so."
        )
