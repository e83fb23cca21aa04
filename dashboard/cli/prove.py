"""`auditlens prove` and `check`: evidence for people who need not trust us."""

from pathlib import Path
from typing import Annotated

import typer

from dashboard.cli.context import err, open_log

STANDARD_OUTPUT = Path("-")
Withheld = Annotated[
    list[str] | None,
    typer.Option(
        "--withhold",
        help="Leave out these groups: actor, client, target, description, details, original, place.",
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command()(prove)
    app.command()(check)


def prove(
    event: Annotated[str, typer.Argument(help="The event's id, or its place as seq:12.", show_default=False)],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file, by custom ending in .tlog-proof; - for standard output.")
    ] = STANDARD_OUTPUT,
    withhold: Withheld = None,
) -> None:
    """Prove that the log holds an event: a file that anyone checks who has the log's verifier key."""
    from dashboard.export import evidence, files
    from dashboard.keeping.sealer import catch_up

    withheld = evidence.chosen_groups(withhold or [])
    with open_log() as log:
        try:
            text = evidence.prove(log, event, withheld)
        except evidence.NotSignedYet:
            catch_up(log)
            text = evidence.prove(log, event, withheld)
    if output == STANDARD_OUTPUT:
        typer.echo(text, nl=False)
        return
    with files.replaced(output) as file:
        file.write(text.encode())
    err.print(f"{output} proves it; `auditlens check` says what.", markup=False)


def check(
    file: Annotated[Path, typer.Argument(help="An evidence zip, a .tlog-proof or a checkpoint.", show_default=False)],
    key: Annotated[
        list[str] | None,
        typer.Option(help="The log's verifier key, as you have it from elsewhere.", show_default=False),
    ] = None,
    keys: Annotated[
        Path | None, typer.Option(help="A file with a verifier key a line, also of witnesses.", show_default=False)
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint you kept: the file must continue it.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")] = False,
) -> int:
    """Check evidence, without the log: exit 0 proven by your key, 3 by no key but the file's own, 4 damaged."""
    from dashboard.export import check as checker

    given = [part for each in key or [] for part in ("--key", each)]
    given += ["--keys", str(keys)] if keys else []
    given += ["--checkpoint", str(checkpoint)] if checkpoint else []
    return checker.main([*given, *(["--json"] if json else []), "--", str(file)])
