"""`auditlens demo`: fills a demo account, in a home of its own."""

from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.context import err, settings, use_demo_home, writing_log

if TYPE_CHECKING:
    from dashboard.demo.fill import Asked, Filled


def register(app: typer.Typer) -> None:
    """Adds the command of this module."""
    app.command()(demo)


def demo(
    events: Annotated[int | None, typer.Option(help="About how many events; 60,000 unless told.", min=1)] = None,
    days: Annotated[int | None, typer.Option(help="How many days until now; 90 unless told.", min=1)] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed, another account life; 7 unless told.")] = None,
    bench: Annotated[
        bool,
        typer.Option("--bench", help="Write an unrecorded archive for benchmarks instead, up to 100 million events."),
    ] = False,
    real_leaves: Annotated[
        bool,
        typer.Option(
            "--real-leaves", help="With --bench: true salted leaves instead of noise, at a third of the speed."
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Fill a demo account up to now: the first time its whole past, then what happened since."""
    from dashboard.demo.fill import Asked

    if bench:
        _bench(Asked(events, days, seed), real_leaves=real_leaves, json=json)
    else:
        _fill(Asked(events, days, seed), json=json)


def fill_up() -> None:
    """Fills the demo's home up to now, as `auditlens demo` does when it is asked for nothing else."""
    from dashboard.demo.fill import Asked

    _fill(Asked(), json=False)


def _fill(asked: "Asked", *, json: bool) -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from dashboard.demo import fill

    use_demo_home()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with writing_log(demo=True, mirror_now=True) as log, Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("Filling the demo account", total=None)
        filled = fill.top_up(log, asked, progress=lambda count: bar.advance(task, count))
    _say(filled, json=json)


def _say(filled: "Filled", *, json: bool) -> None:
    from dashboard.demo.names import COMPANY
    from dashboard.events.times import format_time

    if json:
        _print_json(
            accepted=filled.accepted,
            duplicates=filled.duplicates,
            conflicts=filled.conflicts,
            since=format_time(filled.since),
            until=format_time(filled.until),
            seed=filled.plan.seed,
        )
    until = f"{filled.until:%Y-%m-%d %H:%M} UTC"
    added = f"{filled.accepted:,} events from {filled.since:%Y-%m-%d %H:%M} to {until} were added"
    did = added if filled.accepted else f"it has everything up to {until}"
    err.print(f"The demo account of {COMPANY}, a made-up company: {did}.", markup=False, soft_wrap=True)


def _print_json(**report: str | int | float) -> None:
    from json import dumps

    typer.echo(dumps(report))


def _bench(asked: "Asked", *, real_leaves: bool, json: bool) -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from dashboard.demo import bench

    use_demo_home()
    location, events = settings().home / "bench", asked.events or bench.DEFAULT_EVENTS
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("Writing an unrecorded archive", total=events)
        made = bench.write(
            location,
            events=events,
            seed=asked.seed or 7,
            real_leaves=real_leaves,
            progress=lambda count: bar.advance(task, count),
        )
    if json:
        _print_json(events=made.events, seconds=round(made.seconds, 1), location=str(made.location), recorded=0)
    err.print(
        f"{made.events:,} events in {made.seconds:.1f} s, {made.events / made.seconds:,.0f} a second: {made.location}\n"
        f"{bench.DESCRIPTION}",
        markup=False,
        soft_wrap=True,
    )
