"""`auditlens append` and `auditlens import`: events in."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dashboard.cli.context import err, writing_log

if TYPE_CHECKING:
    from dashboard.ingest.importing import Appender
    from dashboard.ingest.report import Report

_MUCH_BYTES = 32 * 1024 * 1024  # worth a sealer of its own beside the import

AsJson = Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")]
Zone = Annotated[str | None, typer.Option(help="Zone of times that have none, such as Europe/Istanbul, UTC or +03:00.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command("append")(append)
    app.command("import")(import_)


def append(
    source: Annotated[str, typer.Option(help="Where events come from that don't say it.")] = "append",
    json: AsJson = False,
) -> None:
    """Append events given as JSON lines on standard input, each as soon as it comes."""
    import sys

    from dashboard.ingest import live
    from dashboard.ingest.report import Report

    with Report() as report:
        report.begin("-")
        with writing_log() as log, log.appender() as appender:
            live.append_stream(sys.stdin.buffer, source, appender, report)
        _finish(report, json)


def import_(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="CSV or JSON, gzip too; - is standard input.")],
    file_format: Annotated[
        Literal["csv", "json"] | None, typer.Option("--format", help="Told by the content unless given.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Where events come from that don't say it; else the format's name.")
    ] = None,
    zone: Zone = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, store nothing.")] = False,
    json: AsJson = False,
) -> None:
    """Import events from CSV or JSON files. Exit 0: nothing was rejected; 3: some lines were; 2: nothing was usable."""
    from dashboard.ingest import fields, importing, sources
    from dashboard.ingest.report import Report

    sources.check_readable(files)
    options = importing.Options(sources.Format(file_format) if file_format else None, source, fields.zone_of(zone))
    with Report() as report:
        with _appender(files, dry_run) as appender, _progress(files, silent=json) as taken:
            importing.import_files(files, options, appender, report, taken)
        if dry_run:
            err.print("Nothing was stored; which events are duplicates of recorded ones is not known.", markup=False)
        _finish(report, json)


@contextmanager
def _appender(files: list[str], dry_run: bool) -> "Iterator[Appender]":
    from dashboard.ingest.importing import Rehearsal, size_of

    if dry_run:
        yield Rehearsal()
        return
    with writing_log(much=(size_of(files) or 0) > _MUCH_BYTES) as log, log.appender() as appender:
        yield appender


def _progress(files: list[str], *, silent: bool) -> AbstractContextManager[Callable[[int], None]]:
    if silent or not err.is_terminal:
        return nullcontext(lambda size: None)
    return _bar(files)


@contextmanager
def _bar(files: list[str]) -> Iterator[Callable[[int], None]]:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from dashboard.ingest.importing import size_of

    columns = (TextColumn("Importing"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=size_of(files))
        yield lambda size: bar.update(task, advance=size)


def _finish(report: "Report", json: bool) -> None:
    import sys

    for piece in report.json() if json else report.text():
        sys.stdout.write(piece)
    sys.stdout.flush()
    raise typer.Exit(int(report.exit))
