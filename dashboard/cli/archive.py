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
    group.command("rebuild")(rebuild)
    app.add_typer(group, name="archive")


def compact(json: AsJson = False) -> None:
    """Rewrite small and overlapping files of the archive into full ones of different times; nobody waits for it."""
    from dashboard.keeping.compaction import Compactor

    with open_log() as log, Compactor(log) as compactor, _progress("Rewriting rows") as told:
        done = compactor.finish(told)
    if json:
        _print_json({name: asdict(one) for name, one in done.items()})
    for name, one in done.items():
        err.print(
            f"{name}: {one.files_before:,} files of {one.bytes_before / 1e6:,.1f} MB are now {one.files_after:,} of "
            f"{one.bytes_after / 1e6:,.1f} MB; {one.rows_rewritten:,} rows rewritten in {one.seconds:.1f} s."
        )


def rebuild(
    processes: Annotated[int | None, typer.Option(min=1, help="How many; default: one a processor.")] = None,
    json: AsJson = False,
) -> None:
    """Write the archive anew from the record, then compact it. What the record no longer holds stays as it is."""
    from dashboard.keeping.compaction import Compactor
    from dashboard.keeping.rebuild import rebuild as rebuild_now

    with open_log() as log:
        with _progress("Copying rows") as copied:
            done = rebuild_now(log, processes=processes, told=copied)
        with Compactor(log) as compactor, _progress("Rewriting rows") as told:
            compactor.finish(told)
    rate = round(done.events / done.seconds)
    if json:
        _print_json({**asdict(done), "rows_per_second": rate})
    kept = f" {done.kept:,} are in files of retired months, which stay as they are." if done.kept else ""
    err.print(f"{done.events:,} events written anew in {done.seconds:.1f} s, {rate:,} a second.{kept}")


@contextmanager
def _progress(title: str) -> Iterator[Callable[[int, int | None], None]]:
    """A bar for a person at a terminal; it is told how many rows are done, and in all where that is known."""
    if not err.is_terminal:
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*parts, console=err, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print_json(value: object) -> None:
    import orjson

    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2))
