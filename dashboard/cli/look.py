"""`auditlens query`: asks one question and prints its rows."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.context import open_log
from dashboard.cli.filters import filtered
from dashboard.errors import UsageError

if TYPE_CHECKING:
    import polars as pl
    from rich.text import Text

    from dashboard.events.filter import EventFilter
    from dashboard.query.engine import Engine
    from dashboard.query.sort import Sort

VIEWS = (
    "log_page", "events", "count", "actions_over_time", "failed_logins_by_region", "actors", "facets", "time_range",
    "totals_over_time", "actors_over_time", "addresses_over_time", "places_over_time", "countries_of_actors",
    "actions_by_actor",
)  # fmt: skip
ABSENT = "—"
_UNBOUNDED = 100_000  # where nobody looks, a table is as wide as its texts


class Form(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Adds the command of this module."""
    app.command("query")(filtered(query))


def query(  # noqa: PLR0917 - typer calls it by name
    view: Annotated[str, typer.Argument(help=f"One of {', '.join(VIEWS)}.", show_default=False)],
    wanted: "EventFilter",
    sort: Annotated[str, typer.Option(help="For views of events: a column, then :asc or :desc.")] = "occurred_at:desc",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many: 100 events, 20 values of a facet.")] = None,
    offset: Annotated[int, typer.Option(min=0, help="For views of events: how many to skip.")] = 0,
    as_of: Annotated[
        int | None, typer.Option(min=0, help="The state to look at: the log's first so many events.")
    ] = None,
    field: Annotated[str, typer.Option(help="For facets: the field whose values are counted.")] = "category",
    contains: Annotated[str, typer.Option(help="For facets: only values that hold this text.")] = "",
    form: Annotated[Form, typer.Option("--format", help="How the rows are printed.")] = Form.TABLE,
) -> None:
    """Ask one question of the log; without a time it means the whole of it."""
    from dashboard.query import views
    from dashboard.query.opening import open_engine
    from dashboard.query.sort import Sort

    if view not in VIEWS:
        raise UsageError(f"There is no view {view[:64]!r}.", f"There are {', '.join(VIEWS)}.")
    order = Sort.parse(sort)
    with open_log() as log, open_engine(log, as_of) as engine:
        if view == "facets":
            frame = views.facets(engine, wanted, field, limit or 20, contains)
        else:
            frame = _answer(engine, view, wanted, order, offset, limit)
    _print(frame, form)


def _answer(
    engine: "Engine", view: str, wanted: "EventFilter", sort: "Sort", offset: int, limit: int | None
) -> "pl.DataFrame":
    import polars as pl

    from dashboard.events.adornment import Bucket, Width
    from dashboard.query import views

    match view:
        case "log_page" | "events":
            return engine.rows(view, wanted, sort, offset, limit or 100)
        case "count":
            found = pl.DataFrame({"events": [views.count(engine, wanted)]}, schema={"events": pl.Int64})
        case "actions_over_time":
            found = views.actions_over_time(engine, wanted)
        case "failed_logins_by_region":
            found = views.failed_logins_by_region(engine, wanted)
        case _:
            found = engine.answer(view, wanted, Bucket(Width.DAY) if view.endswith("_over_time") else None)
    return found.slice(offset, limit)


def _print(frame: "pl.DataFrame", form: Form) -> None:
    from dashboard.export import write_csv, write_json

    if form is Form.TABLE:
        _print_table(frame)
        return
    write = write_csv if form is Form.CSV else write_json
    for piece in write([frame], frame.columns):
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def _print_table(frame: "pl.DataFrame") -> None:
    """What a log says is text here, never an order to the terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for name, dtype in frame.schema.items():
        table.add_column(name, justify="right" if dtype.is_integer() else "left", overflow="fold")
    for row in frame.iter_rows():
        table.add_row(*(_cell(value) for value in row))
    Console(width=None if sys.stdout.isatty() else _UNBOUNDED, highlight=False).print(table)


def _cell(value: object) -> "Text":
    from datetime import datetime

    from rich.text import Text

    from dashboard.events.folding import visible
    from dashboard.events.times import format_time

    if value is None:
        return Text(ABSENT, style="dim")
    return Text(format_time(value) if isinstance(value, datetime) else visible(str(value)))
