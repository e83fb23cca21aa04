"""The parts of a workbook that are the same in each, or know only how many sheets there are."""

from collections.abc import Sequence

from dashboard.events.columns import SCHEMA
from dashboard.export.xlsx_cells import HEAD_STYLE, column_letters, text_cell

_DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_WIDTHS = {"description": 60, "details": 40, "user_agent": 30, "actor": 28, "action": 24}  # in digits' widths
_WIDTH = 20

# every part that is not named is a sheet, so that this can be written before anyone knows how many there are
CONTENT_TYPES = (
    f'{_DECLARED}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Default Extension="xml" ContentType="{_KIND}worksheet+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}styles+xml"/></Types>'
).encode()

PACKAGE_RELATIONS = (
    f'{_DECLARED}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
).encode()

# in the order of PLAIN, TIME_STYLE, HEAD_STYLE, TEXT_STYLE
STYLES = (
    f'{_DECLARED}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss.000"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
).encode()


def sheet_start(widths: Sequence[int]) -> bytes:
    """What a sheet begins with; its first row stays in sight."""
    columns = "".join(
        f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>' for place, width in enumerate(widths, 1)
    )
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    return (
        f'{_DECLARED}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">{pane}</sheetView>'
        f"</sheetViews><cols>{columns}</cols><sheetData>"
    ).encode()


def sheet_end(columns: int, rows: int) -> bytes:
    """What a sheet ends with; Excel is not to wonder at ids that are texts."""
    area = f"A1:{column_letters(columns - 1)}{rows}"
    ignored = f'<ignoredErrors><ignoredError sqref="{area}" numberStoredAsText="1"/></ignoredErrors>'
    return f"</sheetData>{ignored}</worksheet>".encode()


def head_row(columns: Sequence[str]) -> bytes:
    """The words of the data dictionary; a time says its zone."""
    words = [f"{name} (UTC)" if SCHEMA[name].is_temporal() else name for name in columns]
    return _row(1, words, HEAD_STYLE)


def column_widths(columns: Sequence[str]) -> list[int]:
    """How wide each column is shown."""
    return [_WIDTHS.get(name, _WIDTH) for name in columns]


def pairs_sheet(pairs: Sequence[tuple[str, str]]) -> bytes:
    """A sheet of two columns, words and what they say."""
    rows = b"".join(_row(number, pair) for number, pair in enumerate(pairs, 1))
    return sheet_start((_WIDTH, 100)) + rows + sheet_end(2, len(pairs))


def workbook(names: Sequence[str]) -> bytes:
    """Says which sheets there are, in order; the n-th is the part `sheet_path(n)`."""
    sheets = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>' for number, name in enumerate(names, 1)
    )
    return f'{_DECLARED}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{sheets}</sheets></workbook>'.encode()


def workbook_relations(sheets: int) -> bytes:
    """Where the workbook's parts lie."""
    relations = [
        f'Id="rId{n}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"' for n in range(1, sheets + 1)
    ]
    relations.append(f'Id="rId{sheets + 1}" Type="{_RELATIONS}/styles" Target="styles.xml"')
    each = "".join(f"<Relationship {relation}/>" for relation in relations)
    return f'{_DECLARED}<Relationships xmlns="{_PACKAGE}/relationships">{each}</Relationships>'.encode()


def sheet_path(number: int) -> str:
    """The name of a sheet's part, counted from 1."""
    return f"xl/worksheets/sheet{number}.xml"


def _row(number: int, texts: Sequence[str], style: int | None = None) -> bytes:
    cells = [
        text_cell(column_letters(place), number, text, *([] if style is None else [style]))
        for place, text in enumerate(texts)
    ]
    return f'<row r="{number}">{"".join(cells)}</row>'.encode()
