"""`auditlens anchor`: copies of checkpoints outside this machine."""

from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.context import open_log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.keeping.anchoring import Sent, Standing
    from dashboard.keeping.log import Log


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command()(anchor)


def anchor(
    listed: Annotated[bool, typer.Option("--list", help="Only say how it stands with each sink.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")] = False,
) -> None:
    """Seal what waits and send the checkpoint to every sink of AUDITLENS_ANCHORS at once, due or not."""
    from dashboard.errors import Exit
    from dashboard.keeping import anchoring

    with open_log() as log:
        _check_configured(log)
        if listed:
            _print_standing(anchoring.standing(log), as_json=json)
            return
        _check_key(log)
        _seal(log)
        sent = anchoring.anchor_now(log)
    _print_sent(sent, as_json=json)
    if any(one.contradicts for one in sent):
        raise typer.Exit(Exit.DAMAGED)
    if any(one.receipt is None for one in sent):
        raise typer.Exit(Exit.UNREACHABLE)


def _check_configured(log: "Log") -> None:
    from dashboard.errors import UsageError
    from dashboard.ledger.sinks import configured

    if not configured(log.settings):
        raise UsageError(
            "No sink is configured: no copy of a checkpoint leaves this machine, so whoever rules it can rewrite the "
            "log and sign it anew without being found out.",
            "Set AUDITLENS_ANCHORS, such as to file:/mnt/other/folder; the README says which kinds there are.",
        )


def _check_key(log: "Log") -> None:
    from dashboard.errors import UsageError

    folder = log.sealer_folder()
    if not folder.holds_key and not log.embedded:
        raise UsageError(
            f"This host does not hold the sealer's key ({folder.folder}).", "Run it where the log is sealed."
        )


def _seal(log: "Log") -> None:
    from dashboard.errors import UsageError
    from dashboard.keeping.sealer import Sealer
    from dashboard.record.anchors import AnchorRecord

    with Sealer(log) as sealer:
        sealer.seal()
    with AnchorRecord.open(log.urls.of("sealer"), "sealer") as record:
        if record.newest_checkpoint() is None:
            raise UsageError("Nothing is sealed yet: there is no checkpoint to send.", "Append an event first.")


def _print_sent(sent: "Sequence[Sent]", *, as_json: bool) -> None:
    if as_json:
        _print_json(
            [
                {**_named(one.sink.name, one.sink.kind, one.sink.place), "receipt": one.receipt, "error": one.error}
                for one in sent
            ]
        )
        return
    for one in sent:
        typer.echo(f"received  {one.sink.name}" if one.receipt is not None else f"FAILED    {one.error}")


def _print_standing(found: "Sequence[Standing]", *, as_json: bool) -> None:
    if as_json:
        _print_json([_standing(one) for one in found])
        return
    for one in found:
        state = "CONTRADICTS" if one.contradicts else "LATE" if one.late else "in time"
        last = one.received
        what = f"{last.tree_size:,} events, {last.at:%Y-%m-%d %H:%M:%S} UTC" if last else "nothing received yet"
        typer.echo(f"{state:11}  {one.name}  {what}" + (f"  {one.error}" if one.error else ""))


def _standing(one: "Standing") -> dict[str, object]:
    last = one.received
    return {
        **_named(one.name, one.kind, one.place),
        "tree_size": last.tree_size if last else None,
        "at": last.at.isoformat() if last else None,
        "error": one.error,
        "failures": one.failures,
        "late": one.late,
        "contradicts": one.contradicts,
    }


def _named(name: str, kind: str, place: str) -> dict[str, object]:
    return {"sink": name, "kind": kind, "place": place}


def _print_json(value: object) -> None:
    import orjson

    typer.echo(orjson.dumps(value).decode())
