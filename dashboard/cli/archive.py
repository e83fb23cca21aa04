"""`auditlens archive`: the columnar copy that pages read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer

from dashboard.cli.context import err, open_log

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    group = typer.Typer(help="The archive: the copy of the log that pages read.", no_args_is_help=True)
    group.command("compact")(compact)
    app.add_typer(group, name="archive")


def compact(json: AsJson = False) -> None:
    """Rewrite small and overlapping files of the archive into full ones of different times; nobody waits for it."""
    from dashboard.keeping.compaction import Compactor

    with open_log() as log, Compactor(log) as compactor, _rows_told("Rewriting rows") as told:
        done = compactor.finish(lambda _, rows: told(rows))
    if json:
        _print_json({name: asdict(one) for name, one in done.items()})
    for name, one in done.items():
        err.print(
            f"{name}: {one.files_before:,} files of {one.bytes_before / 1e6:,.1f} MB are now {one.files_after:,} of "
            f"{one.bytes_after / 1e6:,.1f} MB; {one.rows_rewritten:,} rows rewritten in {one.seconds:.1f} s."
        )


@contextmanager
def _rows_told(title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar for a person at a terminal; it is told how many more rows are done."""
    if not err.is_terminal:
        yield lambda rows: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*parts, console=err, transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda rows: bar.update(task, advance=rows)


def _print_json(value: object) -> None:
    import orjson

    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2))
