"""`auditlens drill`: attacks a copy of the log, and says what was found."""

from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.context import err, open_log
from dashboard.errors import AuditlensError, Exit

if TYPE_CHECKING:
    from dashboard.drill import Asked, Drilled
    from dashboard.events.event import AuditEvent


def register(app: typer.Typer) -> None:
    """Adds the command of this module."""
    app.command()(drill)


def drill(
    trials: Annotated[int, typer.Option(min=1, help="How often each attack is tried.")] = 30,
    honest: Annotated[int, typer.Option(min=0, help="How many honest logs must raise no alarm.")] = 100,
    seed: Annotated[int, typer.Option(help="Another seed, other places and honest lives.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")] = False,
) -> None:
    """Attack a copy of the log in a scratch database in every way that is known, and print what was found.

    The log itself is only read. Exit 4 when something was not found as promised, or an honest log raised an alarm.
    """
    from dashboard.drill import Asked

    drilled = _run(_sample(), Asked(trials, honest, seed))
    if json:
        _print_json(drilled)
    else:
        _print_table(drilled)
    if not drilled.is_passed:
        raise typer.Exit(int(Exit.DAMAGED))


def _sample() -> "list[AuditEvent]":
    """Events of the log to make the copy of; none where there is no log yet."""
    from dashboard.drill.base import sample

    try:
        with open_log() as log:
            reader = log.reader()
            try:
                return sample(reader)
            finally:
                reader.close()
    except AuditlensError as wrong:
        err.print(f"No events could be copied ({wrong.message}) The drill uses made-up ones.", markup=False)
        return []


def _run(events: "list[AuditEvent]", asked: "Asked") -> "Drilled":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from dashboard import drill as drills
    from dashboard.drill.attacks import ATTACKS

    columns = (TextColumn("Drilling"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", total=len(ATTACKS) * asked.trials + asked.honest)
        return drills.drill(events, asked, progress=lambda done: bar.advance(task, done))


def _print_table(drilled: "Drilled") -> None:
    import sys

    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from dashboard.drill.attacks import Exactness
    from dashboard.drill.run import OBSERVERS

    table = Table(box=box.SIMPLE_HEAD)
    for name in ("attack", "the database and the public key", "and the sealer's memory", "or copies kept elsewhere"):
        table.add_column(name, overflow="fold")
    for result in drilled.results:
        cells = [Text(result.attack.name)]
        for observer in OBSERVERS:
            promised, kept = result.promised(observer), result.kept[observer]
            if promised is Exactness.NOTHING:
                cells.append(Text("can't be found" if kept == result.trials else f"found {result.trials - kept}"))
            else:
                words = f"{kept}/{result.trials} {promised}"
                cells.append(Text(words, style="" if kept == result.trials else "bold red"))
        table.add_row(*cells)
    Console(width=None if sys.stdout.isatty() else 160, highlight=False).print(table)
    for line in (*(line for result in drilled.results for line in result.missed[:3]), *drilled.alarms[:20]):
        err.print(line, style="red", markup=False, soft_wrap=True)
    typer.echo(f"{drilled.honest} honest logs, {len(drilled.alarms)} false alarms.")
    typer.echo(
        "What can't be found: whatever happens before the seal, and what the holder of the key does where nobody kept "
        "a copy of a checkpoint out of his reach."
    )


def _print_json(drilled: "Drilled") -> None:
    import orjson

    from dashboard.drill.run import OBSERVERS

    found = {
        "attacks": [
            {
                "attack": result.attack.name,
                "trials": result.trials,
                **{name: {"promised": str(result.promised(name)), "kept": result.kept[name]} for name in OBSERVERS},
                "missed": result.missed,
            }
            for result in drilled.results
        ],
        "honest": drilled.honest,
        "false_alarms": drilled.alarms,
        "passed": drilled.is_passed,
    }
    typer.echo(orjson.dumps(found).decode())
