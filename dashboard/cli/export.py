"""`auditlens export`: the events a filter means, as a file."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dashboard.cli.context import err, open_log
from dashboard.cli.filters import filtered
from dashboard.cli.prove import Withheld
from dashboard.errors import UsageError
from dashboard.events.filter import EventFilter

if TYPE_CHECKING:
    from typing import IO

    from dashboard.export import Manifest

STANDARD_OUTPUT = Path("-")


def register(app: typer.Typer) -> None:
    """Adds the command of this module."""
    app.command("export")(filtered(export))


def export(  # noqa: PLR0917 - typer calls it by name
    wanted: EventFilter,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file, or - for standard output.", show_default=False)
    ],
    kind: Annotated[
        Literal["csv", "json", "ndjson", "parquet", "xlsx"] | None,
        typer.Option("--format", help="What to write; csv unless told."),
    ] = None,
    sort: Annotated[str | None, typer.Option(help="A column: actor, or actor:desc; newest first unless told.")] = None,
    columns: Annotated[
        str | None, typer.Option(help="all, or names with commas between; CSV and XLSX have the page's unless told.")
    ] = None,
    as_of: Annotated[int | None, typer.Option(min=0, help="The state to export, as a number of events.")] = None,
    manifest: Annotated[bool, typer.Option(help="Say beside the file what it holds.")] = True,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="A zip that proves its rows, in the log's order; see `auditlens check`.")
    ] = False,
    withhold: Withheld = None,
    older: Annotated[
        list[Path] | None,
        typer.Option(help="With --evidence: a checkpoint of before, which the zip shows the log to continue."),
    ] = None,
) -> None:
    """Export all events that the filter means, in order; a file of that name is replaced once the new one is whole."""
    from dashboard.export import Format, Manifest, Origin, Tally, chosen_columns, files, stream
    from dashboard.query import views
    from dashboard.query.opening import open_engine
    from dashboard.query.sort import Sort

    if evidence:
        if kind or sort or columns or not manifest:
            raise UsageError(
                "Evidence has a form, order and manifest of its own.", "Leave --format, --sort and such away."
            )
        _export_evidence(wanted, output, as_of, withhold or [], older or [])
        return
    if withhold or older:
        raise UsageError("--withhold and --older belong to --evidence.", "Leave columns out with --columns.")
    chosen = Format(kind or "csv")
    order, names = Sort.parse(sort or "occurred_at:desc"), chosen_columns(chosen, columns)
    with open_log() as log, open_engine(log, as_of) as engine:
        origin = Origin.of(engine, log.log_id, wanted, order)
        with _progress(lambda: views.count(engine, wanted)) as advance:
            tally = Tally(advance)
            with (
                _said_when_interrupted(output),
                closing(stream(engine, origin, chosen, names, tally)) as chunks,
                _opened(output) as file,
            ):
                written = files.write_chunks(chunks, file)
        if manifest and output != STANDARD_OUTPUT and not files.is_special(output):
            _write_manifest(
                output,
                Manifest(
                    file=output.name, kind=chosen, origin=origin, columns=names, rows=tally.rows,
                    size_bytes=written.size_bytes, sha256=written.sha256, notes=tally.notes,
                ),
            )  # fmt: skip
        for note in tally.notes:
            err.print(note, markup=False, soft_wrap=True)
        err.print(f"{tally.rows:,} events exported as of {engine.as_of:,}.", markup=False)


def _export_evidence(
    wanted: EventFilter, output: Path, as_of: int | None, withhold: list[str], older: list[Path]
) -> None:
    from dashboard.export.evidence import chosen_groups, write_evidence
    from dashboard.keeping.sealer import catch_up
    from dashboard.query import views
    from dashboard.query.opening import open_engine

    withheld, notes = chosen_groups(withhold), [path.read_text("utf-8") for path in older]
    with open_log() as log:
        catch_up(log)  # so that what was appended before is signed

        def total() -> int:
            with open_engine(log, as_of) as engine:
                return views.count(engine, wanted)

        with _progress(total) as advance, _opened(output) as file:
            done = write_evidence(log, file, wanted, withheld=withheld, as_of=as_of, older=notes, counted=advance)
    err.print(f"{done.rows:,} events exported as of {done.as_of:,}, proven against a tree of {done.tree_size:,}.")


@contextmanager
def _said_when_interrupted(output: Path) -> Iterator[None]:
    """Says after Ctrl-C what is left: half a file only where the name is no file."""
    try:
        yield
    except KeyboardInterrupt:
        if output == STANDARD_OUTPUT or (output.exists() and not output.is_file()):
            err.print("Interrupted: what was written so far is not the whole file.", markup=False)
        else:
            err.print(f"Interrupted: {output} is as it was before.", markup=False, soft_wrap=True)
        raise


@contextmanager
def _opened(output: Path) -> "Iterator[IO[bytes]]":
    """Standard output, a device, or a file that is replaced once the new one is whole."""
    from dashboard.export import files

    if output == STANDARD_OUTPUT:
        try:
            yield sys.stdout.buffer
        except BrokenPipeError:  # whoever reads has enough; Python would complain when it flushes at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit from None
    elif files.is_special(output):
        with output.open("wb") as device:
            yield device
    else:
        with files.replaced(output) as file:
            yield file


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
