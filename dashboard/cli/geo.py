"""`auditlens geo`: the database that says where an address is."""

from typing import Annotated

import typer

from dashboard.cli.context import err, settings
from dashboard.keeping.geo_update import Provider

geo = typer.Typer(no_args_is_help=True, help="The database that says where an address is.")


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.add_typer(geo, name="geo")


@geo.command()
def update(
    provider: Annotated[
        Provider, typer.Option(help="DB-IP's is free (CC BY 4.0); MaxMind's needs an account.")
    ] = Provider.DBIP,
    server: Annotated[
        str | None, typer.Option(help="Another server with the provider's paths, such as a mirror.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Fetch a current City database and put it in use; the one in use stays when anything goes wrong."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from dashboard.keeping import geo_update

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("Fetching location data", total=None)
        fetched = geo_update.update(
            settings(),
            provider,
            server=server,
            progress=lambda arrived, total: bar.update(task, completed=arrived, total=total),
        )
    if json:
        _print_json(name=fetched.name, date=str(fetched.date), path=str(fetched.path))
    err.print(f"{fetched.name} of {fetched.date} is in use: {fetched.path}", markup=False, soft_wrap=True)


@geo.command()
def status(
    json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Say which database is in use, how old it is, and what is wrong with it."""
    from dashboard.events.regions import Regions, find_database

    with Regions.open(find_database(settings())) as regions:
        name, date = regions.name or None, str(regions.date) if regions.date else None
        path = str(regions.path) if regions.path else None
        problem, credit = regions.problem, regions.credit
    if json:
        _print_json(name=name, date=date, path=path, problem=problem)
    elif problem:
        err.print(problem, markup=False, soft_wrap=True)
    else:
        err.print(f"{name} of {date} is in use: {path}", markup=False, soft_wrap=True)
        if credit:
            err.print(credit, markup=False)


def _print_json(**report: str | None) -> None:
    import orjson

    typer.echo(orjson.dumps(report).decode())
