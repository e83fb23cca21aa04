"""`auditlens verify`: whether the log is what was sealed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.context import err, open_log
from dashboard.errors import Exit

if TYPE_CHECKING:
    from dashboard.keeping.log import Log
    from dashboard.keeping.verify import Progress
    from dashboard.ledger.report import Finding, Report


def register(app: typer.Typer) -> None:
    """Adds the command of this module."""
    app.command()(verify)


def verify(
    full: Annotated[
        bool, typer.Option("--full", help="Hash every row again, also those that were in the last 24 hours.")
    ] = False,
    processes: Annotated[int | None, typer.Option(min=1, help="How many; as the log needs unless told.")] = None,
    anchor: Annotated[
        list[Path] | None, typer.Option(help="A file with a checkpoint that was kept elsewhere.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON value.")] = False,
) -> None:
    """Verify the log: rows, tree, roots, signatures, archive, guards, and copies of checkpoints outside.

    Exit 0: nothing that was looked at is damaged; 4: something is.
    """
    from dashboard.keeping.verify import keep
    from dashboard.keeping.verify import verify as verify_log
    from dashboard.ledger import note

    files = [note.from_file(path.read_text("utf-8")) for path in anchor or ()]
    with open_log() as log:
        notes, failures = _outside(log)
        start = 0 if full else _first_uncovered(log)
        with _progress() as progress:
            report = verify_log(log, start=start, processes=processes, anchors=[*notes, *files], progress=progress)
        report = replace(report, left_out=(*report.left_out, *failures))
        keep(log, report)
    if json:
        typer.echo(report.to_json())
    else:
        _print(report)
    if not report.is_sound:
        raise typer.Exit(int(Exit.DAMAGED))


def _outside(log: "Log") -> tuple[list[str], list[str]]:
    """The checkpoints that sinks give back, and which sinks don't."""
    from dashboard.keeping.anchoring import outside_copies

    failures: list[str] = []
    copies = outside_copies(log, on_failure=lambda sink, why: failures.append(f"No copies came from {sink}: {why}"))
    return [copy.note for copy in copies], failures


def _first_uncovered(log: "Log") -> int:
    """The first row that no report of the last 24 hours covers."""
    from dashboard.keeping.reports import Reports
    from dashboard.ledger.report import joined
    from dashboard.record.kept import KeptRecord

    reader = log.reader()
    try:
        with KeptRecord.of(reader) as record:
            head = record.head()
            size = head.tree_size if head else 0
            said = Reports(log.log_id).read(record, log.sealer_folder().trusted(), datetime.now(UTC), size)
    finally:
        reader.close()
    covered = joined((part.start, part.stop) for part in said.covered)
    return covered[0][1] if covered and covered[0][0] == 0 else 0


@contextmanager
def _progress() -> "Iterator[Progress]":
    """A bar for a person at a terminal."""
    if not err.is_terminal:
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*parts, console=err, transient=True) as bar:
        task = bar.add_task("Hashing rows again", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print(report: "Report") -> None:
    for finding in report.findings:
        typer.echo(_line(finding))
    ranges = ", ".join(f"{start:,} to {stop - 1:,}" for start, stop in report.covered) or "none"
    typer.echo(f"Rows hashed again: {ranges} ({report.rows:,} in the record, {report.archived:,} in the archive).")
    typer.echo(
        f"Tree of {report.as_of:,} events; roots {report.seals:,}, signatures {report.checkpoints:,}, copies outside "
        f"{report.anchors:,}, erased groups {report.erased:,}, retired rows {report.retired:,}, waiting "
        f"{report.unsealed:,}; {report.seconds:.1f} s."
    )
    for reason in report.left_out:
        typer.echo(f"Not covered: {reason}")
    if report.is_sound:
        what = f"{len(report.findings):,} things are worth a look" if report.findings else "Nothing was found"
        typer.echo(f"{what}; of what was looked at, nothing is damaged.")
    else:
        damage = sum(finding.is_damage for finding in report.findings)
        typer.echo(f"DAMAGED: {damage:,} findings. Keep a copy of the database and of the sealer's folder.")


def _line(finding: "Finding") -> str:
    where: Sequence[str] = [
        *([_places(finding)] if finding.first is not None or finding.last is not None else []),
        *([f"event {finding.event_id}"] if finding.event_id is not None else []),
    ]
    said = f"{finding.kind} #{finding.name}" + (f" ({', '.join(where)})" if where else "")
    leaves = ""
    if finding.sealed_leaf or finding.found_leaf:
        leaves = f" Sealed leaf {finding.sealed_leaf or 'unknown'}, found {finding.found_leaf or 'nothing'}."
    return f"{said}: {finding.message}{leaves}"


def _places(finding: "Finding") -> str:
    if finding.first == finding.last:
        return f"seq {finding.first}"
    return f"seq {finding.first} to {finding.last}"
