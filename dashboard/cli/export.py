"""`auditlens export`: the events a filter means, as a file."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dashboard.cli.context import err, open_log
from dashboard.cli.filters import filtered
from dashboard.events.filter import EventFilter

if TYPE_CHECKING:
    from dashboard.export import Manifest
    from dashboard.export.files import Written

STANDARD_OUTPUT = Path("-")


def register(app: typer.Typer) -> None:
    """Adds the command of this module."""
    app.command("export")(filtered(export))


def export(
    wanted: EventFilter,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file, or - for standard output.", show_default=False)
    ],
    kind: Annotated[Literal["csv", "json", "ndjson"], typer.Option("--format", help="What to write.")] = "csv",
    sort: Annotated[
        str, typer.Option(help="A column: actor, or actor:desc; newest first unless told.")
    ] = "occurred_at:desc",
    columns: Annotated[
        str | None, typer.Option(help="all, or names with commas between; a CSV has the page's columns unless told.")
    ] = None,
    as_of: Annotated[int | None, typer.Option(min=0, help="The state to export, as a number of events.")] = None,
    manifest: Annotated[bool, typer.Option(help="Say beside the file what it holds.")] = True,
) -> None:
    """Export all events that the filter means, in order; a file of that name is replaced once the new one is whole."""
    from dashboard.export import Format, Manifest, chosen_columns, files, stream
    from dashboard.query import views
    from dashboard.query.opening import open_engine
    from dashboard.query.sort import Sort

    order, chosen, names = Sort.parse(sort), Format(kind), chosen_columns(Format(kind), columns)
    rows = 0

    def count(number: int) -> None:
        nonlocal rows
        rows += number
        advance(number)

    with open_log() as log, open_engine(log, as_of) as engine:
        with _progress(lambda: views.count(engine, wanted)) as advance:
            written = _write(output, stream(engine, wanted, order, names, chosen, count))
        if manifest and output != STANDARD_OUTPUT and not files.is_special(output):
            _write_manifest(
                output,
                Manifest(
                    file=output.name, kind=chosen, log_id=log.log_id, as_of=engine.as_of, exported_at=engine.now,
                    wanted=wanted, sort=order, columns=names, rows=rows, size_bytes=written.size_bytes,
                    sha256=written.sha256,
                ),
            )  # fmt: skip
        err.print(f"{rows:,} events exported as of {engine.as_of:,}.", markup=False)


def _write(output: Path, chunks: Iterator[bytes]) -> "Written":
    from dashboard.export import files

    if output == STANDARD_OUTPUT:
        return files.write_chunks(chunks, sys.stdout.buffer)
    if files.is_special(output):
        with output.open("wb") as device:
            return files.write_chunks(chunks, device)
    with files.replaced(output) as file:
        return files.write_chunks(chunks, file)


def _write_manifest(output: Path, manifest: "Manifest") -> None:
    from dashboard.export import files

    with files.replaced(output.with_name(output.name + files.MANIFEST_ENDING)) as file:
        file.write(manifest.to_json())


@contextmanager
def _progress(total: Callable[[], int]) -> Iterator[Callable[[int], None]]:
    """A bar for a person at a terminal; nothing is counted for anyone else."""
    if not err.is_terminal:
        yield lambda rows: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*parts, console=err, transient=True) as bar:
        task = bar.add_task("Exporting events", total=total())
        yield lambda rows: bar.advance(task, rows)
