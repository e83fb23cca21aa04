"""The table: one page of 100 events. A header click sorts the whole result, a row click opens the event's details."""

from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import cache, partial

import polars as pl
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from dashboard.events.columns import COLUMNS
from dashboard.events.vocabulary import Clock, Outcome
from dashboard.query.sort import NEWEST_FIRST, Sort
from dashboard.web import text, zones
from dashboard.web.answers import Screen
from dashboard.web.charts import palette
from dashboard.web.held import change, following
from dashboard.web.log import shown_rows
from dashboard.web.log.coloured import coloured
from dashboard.web.log.layout import Density, Layout
from dashboard.web.log.shown_rows import ShownRows

MARKS = {Outcome.FAILURE: "✕ Failed", Outcome.SUCCESS: "✓ Success", Outcome.UNKNOWN: "· Unknown"}
_CLOCK_MARKS = {Clock.AHEAD: "⚠\u00a0ahead", Clock.BEHIND: "⚠\u00a0behind"}
_WIDTHS = {
    "outcome": 70, "actor": 108, "category": 70, "action": 88, "description": 158, "source_ip": 104, "region": 100,
    "occurred_at": 98,
}  # fmt: skip
_WIDTH, _COMPACT_WIDTHS = 104, {"occurred_at": 160, "action": 132, "description": 240}
_LONGEST = {
    "actor": 60,
    "category": 40,
    "action": 60,
    "description": 90,
    "source_ip": 45,
    "region": 40,
}  # what four lines hold
_LONGEST_OTHER = 90
_NO_BREAK = "\u00a0"  # a cell breaks its lines at spaces only: the number stays with its unit
HEADER_PIXELS = COMPACT_PIXELS = 32
ROW_PIXELS = 58  # more than four lines of the base size: then Streamlit wraps the texts of a cell
_HEIGHT = 38 + 9 * ROW_PIXELS
_ALWAYS = ("outcome", "occurred_at", "recorded_at", "category", "action")
_CLICKED = "clicked-cell"
_USUAL = Layout()


def log_table(screen: Screen) -> None:
    """The page's rows. Another layout is another table."""
    rows, layout, sort = screen.rows(), screen.view.layout, screen.view.sort
    shown = shown_rows.show(rows["id"].to_list(), layout, (screen.page(), sort))
    written, pixels = cells(rows, screen.now, zones.shown(), layout), row_pixels(layout)
    named = written.rename(shown.column).with_columns(pl.lit("").alias(shown.turn_column))
    # By place, the index's first: by name, the browser would draw the columns of a new turn once without it.
    config = dict(enumerate((*column_config(sort, layout).values(), None), start=1))
    st.dataframe(
        coloured(named, lambda name, cell: colour(shown_rows.name_of(name), cell)),
        key=shown.key, height=min(_HEIGHT, 40 + pixels * max(rows.height, 1)), row_height=pixels, hide_index=True,
        column_config=config,  # type: ignore[arg-type]  # its types know no places
        selection_mode=["single-cell", "single-column"], on_select=partial(_selected, shown, sort),
        placeholder=text.NOTHING, alt=f"Audit log, page {screen.page()} of {screen.pages()}",
    )  # fmt: skip


def pages(screen: Screen) -> None:
    """The pages to turn; one page needs none."""
    if screen.pages() > 1:
        st.pagination(screen.pages(), **following("page-number", screen.page(), _turn))


def row_pixels(layout: Layout) -> int:
    """How high a row is."""
    return COMPACT_PIXELS if layout.density is Density.COMPACT else ROW_PIXELS


def cells(rows: pl.DataFrame, now: datetime, zone: tzinfo = UTC, layout: Layout = _USUAL) -> pl.DataFrame:
    """The rows as they are written on screen: texts only, nothing in them is markup. Columns as the layout has them."""
    written = {name: _written(name, rows, now, zone, layout) for name in layout.columns}
    return pl.DataFrame(written, schema=dict.fromkeys(written, pl.String))


def _written(name: str, rows: pl.DataFrame, now: datetime, zone: tzinfo, layout: Layout) -> list[str]:
    values = rows[name].to_list()
    if name == "outcome":
        return [MARKS.get(value, MARKS[Outcome.UNKNOWN]) for value in values]
    if name == "occurred_at":
        return [_moment(*each, now, zone, layout) for each in zip(values, rows["clock"].to_list(), strict=True)]
    shown = cache(partial(text.shown, name, longest=_LONGEST.get(name, _LONGEST_OTHER)))  # most are repeated
    beside = rows["actor_type"].to_list(), rows["erased"].to_list()
    return [
        text.exact(value, zone)
        if isinstance(value, datetime)
        else shown(None if value is None else str(value), *others)
        for value, *others in zip(values, *beside, strict=True)
    ]


def _moment(moment: datetime, clock: Clock, now: datetime, zone: tzinfo, layout: Layout) -> str:
    ago = text.relative(moment, now).replace(" ", _NO_BREAK, 1) if layout.density is Density.NORMAL else ""
    return " ".join(part for part in (text.exact(moment, zone), ago, _CLOCK_MARKS.get(clock, "")) if part)


def colour(column: str, written: str) -> str | None:
    """Red for a failure, quiet for what is as usual, unknown or absent."""
    if column == "outcome":
        return palette.FAILURE if written == MARKS[Outcome.FAILURE] else palette.QUIET
    absent = column not in _ALWAYS and written in (text.NOTHING, text.UNKNOWN, text.ERASED)
    return palette.QUIET if absent else None


def column_config(sort: Sort, layout: Layout) -> dict[str, ColumnConfig]:
    """Labels with the arrow of the sort, and widths."""
    usual = _WIDTHS | _COMPACT_WIDTHS if layout.density is Density.COMPACT else _WIDTHS
    widths = {name: layout.widths.get(name, usual.get(name, _WIDTH)) for name in layout.columns}
    return {name: st.column_config.TextColumn(header(name, sort), width=width) for name, width in widths.items()}


def header(column: str, sort: Sort) -> str:
    """The column's label, with an arrow when the log is sorted by it; newest first is the rule and has none."""
    if column != sort.column or sort == NEWEST_FIRST:
        return COLUMNS[column].label
    return f"{COLUMNS[column].label} {'↓' if sort.descending else '↑'}"


def next_sort(column: str, sort: Sort) -> Sort:
    """What a click on a header brings: descending, then ascending, then newest first again."""
    if column == NEWEST_FIRST.column:
        return Sort(column, descending=False) if sort == NEWEST_FIRST else NEWEST_FIRST
    if sort.column != column:
        return Sort(column, descending=True)
    return Sort(column, descending=False) if sort.descending else NEWEST_FIRST


def _selected(shown: ShownRows, sort: Sort) -> None:
    selection = st.session_state[shown.key]["selection"]
    if selection["cells"]:
        place, cell = selection["cells"][0]
        event = shown.row(place, cell)
        if event is not None and shown.takes(cell, place):
            shown.clicked = True
            st.session_state[_CLICKED] = (event, shown_rows.name_of(cell))
            change(lambda view: replace(view, event=event))
    elif selection["columns"]:
        header = selection["columns"][0]
        column = shown_rows.name_of(header)
        if column and shown.takes(header):
            change(lambda view: view.sorted_by(next_sort(column, sort)))


def clicked_column(event: int | None) -> str | None:
    """The column of the cell whose click opened the event; None for one that a link opened."""
    opened, column = st.session_state.get(_CLICKED, (None, None))
    return column if event is not None and opened == event else None


def _turn(page: int) -> None:
    change(lambda view: replace(view, page=page, event=None))
