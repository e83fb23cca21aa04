"""`auditlens key`: the key that signs the log."""

from typing import Annotated

import typer

from dashboard.cli.context import err, open_log

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    group = typer.Typer(help="The key that signs the log.", no_args_is_help=True)
    group.command("show")(show)
    group.command("rotate")(rotate)
    app.add_typer(group, name="key")


def show(json: AsJson = False) -> None:
    """Print the verifier keys that are trusted here, a line each: what an auditor should have from elsewhere."""
    with open_log() as log:
        trusted = log.sealer_folder().trusted()
    if json:
        _print_json([{"vkey": key.verifier.vkey, "until": key.until} for key in trusted.keys])
        return
    if not trusted.keys:
        err.print("No key is trusted here yet: the sealer makes one when it first signs.")
    for key in trusted.keys:
        typer.echo(key.line)


def rotate(json: AsJson = False) -> None:
    """Change the key: the newest checkpoint is signed by the old and the new, the old one ends there."""
    from dashboard.keeping.own_events import record_own
    from dashboard.keeping.sealer import Sealer
    from dashboard.ledger import signing

    with open_log() as log:
        with Sealer(log) as sealer:
            sealer.seal()
        with log.sealing() as record:
            done = signing.rotate(record, log.sealer_folder())
        record_own(
            log,
            "Key Rotated",
            f"key-rotated:{done.new.key_id.hex()}",
            f"The log is signed with key {done.new.key_id.hex()} from {done.size:,} events on",
            {"old": done.old.vkey, "new": done.new.vkey, "tree_size": done.size},
        )
    if json:
        _print_json({"old": done.old.vkey, "new": done.new.vkey, "tree_size": done.size})
        return
    typer.echo(done.new.vkey)
    err.print("Hand this verifier key to everyone who checks the log; the old one is good for older checkpoints only.")


def _print_json(value: object) -> None:
    import orjson

    typer.echo(orjson.dumps(value).decode())
