"""`auditlens erase` and `auditlens retire`: what leaves the log, and the record of it that stays."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.context import err, open_log
from dashboard.errors import Exit, UsageError

if TYPE_CHECKING:
    from datetime import date

    from dashboard.keeping.erase import Erased
    from dashboard.keeping.log import Log
    from dashboard.keeping.retire import Candidate
    from dashboard.keeping.targets import Targets

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command()(erase)
    app.command()(retire)


def erase(
    values: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="VALUE…",
            help="Names and addresses of one person; - reads them from standard input, so that no shell keeps them.",
            show_default=False,
        ),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; it stays in the log, so a reference and no name.")] = "on request",
    resume: Annotated[
        bool, typer.Option("--resume", help="Complete what an erasure left open; takes no value.")
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: AsJson = False,
) -> int:
    """Erase a person's fields from record, archive and files. Leaves and proofs stay good; the erasure is an event."""
    from dashboard.keeping.erase import erase as erase_now
    from dashboard.keeping.targets import find

    if resume:
        return _resume(values, json=json)
    wanted = _given(values)
    with open_log() as log:
        targets = find(log, wanted)
        _show(log, targets)
        if dry_run or targets.is_empty:
            if json:
                _print_json(_report(targets, None, None))
            return int(Exit.PARTLY_DONE if targets.clear and not dry_run else Exit.DONE)
        _confirm(f"Erase this for ever from {targets.events:,} events?", yes=yes)
        done = erase_now(log, targets, reason)
        left = find(log, wanted)
    if json:
        _print_json(_report(targets, done, left))
    _tell(done, left)
    return int(Exit.DONE if left.is_empty and not left.clear else Exit.PARTLY_DONE)


def _given(values: list[str] | None) -> list[str]:
    if values == ["-"]:
        values = [line.strip() for line in sys.stdin if line.strip()]
    if not values:
        raise UsageError(
            "There is no value to erase.", "Give a name or an address, or - to read it from standard input."
        )
    return values


def _resume(values: list[str] | None, *, json: bool) -> int:
    from dashboard.keeping.erase import resume

    if values:
        raise UsageError("--resume takes no value.", "It completes the erasures that are on record.")
    with open_log() as log:
        done = resume(log)
    if json:
        _print_json(
            {"completed": list(done.erasures), "archive_rows": done.archive_rows, "archive_files": done.archive_files}
        )
    err.print(
        f"{len(done.erasures):,} erasures were completed; {done.archive_rows:,} rows of the archive written anew."
    )
    return int(Exit.DONE)


def _show(log: "Log", targets: "Targets") -> None:
    """Each place where a value can be, how often it is there, and what happens. No value is printed."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for column in ("place", "found", "what happens"):
        table.add_column(column, justify="right" if column == "found" else "left")
    for group, count in targets.places().items():
        table.add_row(f"record: {group}", f"{count:,}", "the value and its salt go, in the archive's two tables too")
    table.add_row("quarantine", f"{len(targets.conflicts):,}", "the submission goes, its key stays")
    table.add_row("saved views", f"{len(targets.views):,}", "name, description and filter go; their owner is told")
    for field, count in targets.clear.items():
        table.add_row(f"record: {field}", f"{count:,}", "STAYS: it is hashed as it is", style="yellow")
    anything = not targets.is_empty
    files = (
        "tables, statistics and write-ahead log are written anew"
        if log.embedded
        else "your administrator's (said below)"
    )
    for place, what in (
        ("archive's old versions", "deleted; who reads one opens the newest"),
        ("database's files", files),
        ("answers in memory", "dropped by every server at its next look"),
        ("reports", "none are kept here"),
    ):
        table.add_row(place, "", what if anything else "nothing to do")
    err.print(table)
    if targets.waiting:
        err.print(f"{targets.waiting:,} events are not sealed yet and were not looked at: run this again after.")


def _tell(done: "Erased", left: "Targets") -> None:
    err.print(
        f"Erased {done.groups:,} fields of {done.events:,} events, {done.conflicts:,} quarantined submissions, and "
        f"{done.views:,} saved views; "
        f"{done.archive_rows:,} rows of the archive written anew, {done.archive_files:,} files deleted. "
        f"This is erasure {done.erasure_no} of the log."
    )
    if not left.is_empty:
        err.print(f"{left.events:,} events came meanwhile that name the person: run this again.", style="yellow")
    for field, count in left.clear.items():
        err.print(f"Still there, for it can't be erased: {field} of {count:,} events.", style="yellow", markup=False)
    err.print("Out of reach here:")
    for place in done.out_of_reach:
        err.print(f"  - {place}", markup=False)


def _report(targets: "Targets", done: "Erased | None", left: "Targets | None") -> dict[str, object]:
    found: dict[str, object] = {
        "as_of": targets.as_of,
        "waiting": targets.waiting,
        "events": targets.events,
        "groups": targets.places(),
        "conflicts": len(targets.conflicts),
        "views": len(targets.views),
        "clear": dict(targets.clear),
        "erasure": done.erasure_no if done else None,
    }
    if done is not None and left is not None:
        found |= {
            "archive_rows": done.archive_rows,
            "archive_files": done.archive_files,
            "left": left.events,
            "out_of_reach": list(done.out_of_reach),
        }
    return found


def retire(
    before: Annotated[
        str | None, typer.Option(metavar="MONTH", help="Retire the months before this one, such as 2026-01.")
    ] = None,
    hold: Annotated[str | None, typer.Option(metavar="MONTH", help="Keep a month from being retired.")] = None,
    release: Annotated[str | None, typer.Option(metavar="MONTH", help="Lift a month's hold.")] = None,
    reason: Annotated[str, typer.Option(help="Why a month is held or released.")] = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    json: AsJson = False,
) -> int:
    """Take whole months out of PostgreSQL, once every row of them was read back from the archive as it was sealed."""
    from dashboard.keeping import retire as retiring

    chosen = [month for month in (before, hold, release) if month is not None]
    if len(chosen) != 1:
        raise UsageError("Give one of --before, --hold and --release.", "A month is written as 2026-01.")
    month = retiring.parse_month(chosen[0])
    with open_log() as log:
        if before is None:
            if not reason:
                raise UsageError("A hold, and its end, need a reason.", "Give --reason.")
            retiring.hold(log, month, held=hold is not None, reason=reason)
            if json:
                _print_json({"month": chosen[0], "held": hold is not None})
            err.print(f"{chosen[0]} is {'held' if hold else 'released'}; that is on record.")
            return int(Exit.DONE)
        return _retire_before(log, month, dry_run=dry_run, yes=yes, json=json)


def _retire_before(log: "Log", before: "date", *, dry_run: bool, yes: bool, json: bool) -> int:
    from dashboard.keeping import retire as retiring

    found = retiring.candidates(log, before)
    _show_months(found)
    ready = [month for month in found if month.refused is None]
    done: dict[str, int] = {}
    if ready and not dry_run:
        _confirm(f"Keep {sum(month.rows for month in ready):,} events in the archive alone?", yes=yes)
        for month, rows in retiring.retire(log, [month.month for month in ready]):
            done[retiring.month_name(month)] = rows
            err.print(f"{retiring.month_name(month)}: {rows:,} events were read back and left the database.")
    refused = {month.name: month.refused for month in found if month.refused is not None}
    if json:
        _print_json({"ready": [month.name for month in ready], "retired": done, "refused": refused})
    return int(Exit.PARTLY_DONE if refused and not dry_run else Exit.DONE)


def _show_months(found: "tuple[Candidate, ...]") -> None:
    for month in found:
        err.print(
            f"{month.name}  {month.rows:>12,} events  {month.refused or 'can be retired'}",
            markup=False,
            style="yellow" if month.refused else None,
        )
    if not found:
        err.print("The database holds no event recorded before that month.")


def _confirm(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("Nobody is there to be asked.", "Look with --dry-run, then say --yes.")
    typer.confirm(question, abort=True, err=True)


def _print_json(value: object) -> None:
    import orjson

    typer.echo(orjson.dumps(value).decode())
