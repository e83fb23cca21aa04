"""Events as rows of a sheet's XML (ECMA-376, SpreadsheetML), a frame at a time.

Every text is an inline string in a style that stays text when somebody edits the cell: nothing is ever a formula or a
link. A character that XML can't hold is written as Excel writes it, `_x0007_`, and a text that looks like that is
escaped the same way, so readers give every text back. A time is a number of days, UTC, exact to the microsecond until
2079. A number of more than fifteen digits, and every id, is a text: Excel would round it.
"""

from collections.abc import Sequence

import polars as pl

from dashboard.events.columns import SCHEMA

MOST_CHARACTERS = 32_767  # of a cell, counted as UTF-16 does
LARGEST_NUMBER = 10**15
PLAIN, TIME_STYLE, HEAD_STYLE, TEXT_STYLE = range(4)  # places in `xlsx_parts.STYLES`
NEVER_NUMBERS = frozenset({"id"})
_UNHELD = [chr(code) for code in (*range(9), 11, 12, *range(13, 32), 0xFFFE, 0xFFFF)]  # a CR would come back as LF
_ESCAPED = {character: f"_x{ord(character):04X}_" for character in _UNHELD}
_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_LOOKS_ESCAPED = "_x[0-9A-Fa-f]{4}"  # whatever follows: an escaped character begins with the `_` that is lacking
_FIRST_DAY, _DAY_US = 25_569, 86_400_000_000  # of 1970, counted as Excel does from 1900


def cut_texts(rows: pl.DataFrame, columns: Sequence[str]) -> tuple[pl.DataFrame, int]:
    """The rows with each text that no cell can hold cut, and marked at its end; and how many were."""
    cut = 0
    for name in columns:
        if SCHEMA[name] != pl.String:
            continue
        long = (rows[name].str.len_bytes() * len("_x0000_") > MOST_CHARACTERS).fill_null(False)
        if not long.any():
            continue
        before = rows[name].filter(long).to_list()
        after = [fitted(text) for text in before]
        cut += sum(old != new for old, new in zip(before, after, strict=True))
        rows = rows.with_columns(rows[name].scatter(long.arg_true(), after))
    return rows, cut


def fitted(text: str) -> str:
    """The text, or as much of it as a cell holds together with a mark that says how much that is."""
    if sum(map(_length, text)) <= MOST_CHARACTERS:
        return text
    left = MOST_CHARACTERS - len(_mark(len(text), len(text)))
    kept = 0
    for character in text:
        left -= _length(character)
        if left < 0:
            break
        kept += 1
    return text[:kept] + _mark(kept, len(text))


def _mark(kept: int, whole: int) -> str:
    return f" … [cut: {kept:,} of {whole:,} characters]"


def _length(character: str) -> int:
    """What it takes at most in a cell: as escaped, and an underscore as the start of what looks so."""
    if character == "_" or character in _ESCAPED:
        return len("_x0000_")
    return 2 if character > "\uffff" else 1


def row_xml(rows: pl.DataFrame, columns: Sequence[str], first: int) -> bytes:
    """The XML of the rows, the first of which has the number `first` in its sheet, counted from 1."""
    numbered = rows.lazy().select(
        pl.int_range(first, first + rows.height).cast(pl.String).alias("row number"), *columns
    )
    cells = [_cell(name, column_letters(place)) for place, name in enumerate(columns)]
    whole = pl.concat_str(
        [pl.lit('<row r="'), pl.col("row number"), pl.lit('">'), *cells, pl.lit("</row>")], ignore_nulls=True
    )
    text: str = numbered.select(whole.str.join("")).collect(engine="in-memory").item()
    return text.encode()


def column_letters(place: int) -> str:
    """A, B, …, Z, AA, … for 0, 1, …"""
    return (column_letters(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + place % 26)


def text_cell(letters: str, row: int, text: str, style: int = TEXT_STYLE) -> str:
    """One cell that holds a text of ours."""
    frame = pl.select(text=pl.lit(text), row=pl.lit(str(row)))
    cell: str = frame.select(_text_cell(pl.col("text"), letters, pl.col("row"), style)).item()
    return cell


def _cell(name: str, letters: str) -> pl.Expr:
    """One column's cells; null where there is none."""
    column, dtype, row = pl.col(name), SCHEMA[name], pl.col("row number")
    if dtype == pl.String:
        return _text_cell(column, letters, row)
    if dtype == pl.Boolean:
        return _value_cell(column.cast(pl.Int8).cast(pl.String), letters, row, ' t="b"')
    if dtype.is_temporal():
        moment = column.to_physical()
        days = (moment // _DAY_US + _FIRST_DAY).cast(pl.Float64) + (moment % _DAY_US) / _DAY_US
        return _value_cell(days.cast(pl.String), letters, row, f' s="{TIME_STYLE}"')
    digits = column.cast(pl.String)
    as_text = _text_cell(digits, letters, row)
    if name in NEVER_NUMBERS:
        return as_text
    is_held = column.is_between(-LARGEST_NUMBER, LARGEST_NUMBER)
    return pl.when(is_held).then(_value_cell(digits, letters, row)).otherwise(as_text)


def _value_cell(value: pl.Expr, letters: str, row: pl.Expr, attributes: str = "") -> pl.Expr:
    return pl.concat_str([pl.lit(f'<c r="{letters}'), row, pl.lit(f'"{attributes}><v>'), value, pl.lit("</v></c>")])


def _text_cell(text: pl.Expr, letters: str, row: pl.Expr, style: int = TEXT_STYLE) -> pl.Expr:
    opening = f'" s="{style}" t="inlineStr"><is><t xml:space="preserve">'
    return pl.concat_str([pl.lit(f'<c r="{letters}'), row, pl.lit(opening), _escaped(text), pl.lit("</t></is></c>")])


def _escaped(text: pl.Expr) -> pl.Expr:
    plain = pl.when(text.str.contains(_LOOKS_ESCAPED)).then(text.str.replace_all("_x", "_x005F_x", literal=True))
    replaced = _ESCAPED | _MARKUP
    return plain.otherwise(text).str.replace_many(list(replaced), list(replaced.values()))
