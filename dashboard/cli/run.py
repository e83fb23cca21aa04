"""`auditlens serve`, `seal`, `migrate`, `status`: running it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.context import err, open_log, settings, use_demo_home

if TYPE_CHECKING:
    import threading

    from dashboard.keeping.log import Log

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    for command in (serve, seal, migrate, status):
        app.command()(command)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 127.0.0.1 is this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8501,
    demo: Annotated[bool, typer.Option("--demo", help="Fill the demo account up to now and show it.")] = False,
    no_seal: Annotated[bool, typer.Option("--no-seal", help="Another host seals this log.")] = False,
) -> None:
    """Serve the dashboard and its API, with the sealer beside it, until stopped."""
    import logging
    from contextlib import ExitStack

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    if demo:
        use_demo_home()
        _fill_demo()
    _check_port(host, port)
    with ExitStack() as held:
        log = held.enter_context(open_log(demo=demo))
        if log.urls.sealer and not no_seal:
            from dashboard.keeping.sealer_process import SealerProcess

            held.enter_context(SealerProcess())
        _announce(log, host, port)
        from dashboard.server import serve as serve_pages

        serve_pages(host, port)


def _fill_demo() -> None:
    from dashboard.cli.demo import fill_up

    fill_up()


def _check_port(host: str, port: int) -> None:
    import socket

    from dashboard.errors import UsageError

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as wrong:
            raise UsageError(
                f"Can't listen on {host} port {port}: {wrong.strerror}.", "Choose another with --port."
            ) from wrong


def _announce(log: "Log", host: str, port: int) -> None:
    address = f"[{host}]" if ":" in host else host
    what = "the demo account" if log.demo else "the audit log"
    err.print(f"Auditlens shows {what} at http://{address}:{port}/  (Ctrl-C stops it)", markup=False, soft_wrap=True)


def seal(
    forever: Annotated[
        bool, typer.Option("--forever", help="Go on until stopped, as the server's sealer does.")
    ] = False,
    rebase: Annotated[
        bool, typer.Option("--rebase", help="After a restore: find what has no place by comparing everything.")
    ] = False,
    adopt: Annotated[
        Path | None,
        typer.Option(help="The sealer's memory is lost: go on from this checkpoint, kept outside.", show_default=False),
    ] = None,
    new_origin: Annotated[
        bool, typer.Option("--new-origin", help="A restore lost sealed events for good: go on under a new name.")
    ] = False,
    until_input_ends: Annotated[bool, typer.Option("--until-input-ends", hidden=True)] = False,
    careful: Annotated[bool, typer.Option("--careful-regions", hidden=True)] = False,
    json: AsJson = False,
) -> None:
    """Give every recorded event its place in the log and, when due, mirror it into the archive."""
    from dashboard.keeping import own_events, sealer
    from dashboard.keeping.forever import run_forever

    with open_log() as log:
        if adopt is not None or new_origin:
            _take_up_again(log, adopt)
        if forever:
            run_forever(log, _stop_signal(until_input_ends), careful=careful)
            return
        moved = own_events.rebase(log) if rebase else None
        with sealer.Sealer(log) as at_work:
            done = moved or at_work.seal()
            mirrored = at_work.mirror_if_due()
    if json:
        _print_json({"sealed": done.events, "tree_size": done.tree_size, "mirrored": mirrored})
    else:
        err.print(f"{done.events:,} events sealed, {mirrored:,} mirrored.")


def _take_up_again(log: "Log", checkpoint: Path | None) -> None:
    """Goes on after the sealer's memory, or a part of the log, was lost; both are events."""
    from dashboard.keeping.own_events import record_own
    from dashboard.ledger import note, signing

    folder = log.sealer_folder()
    with log.sealing() as record:
        if checkpoint is not None:
            outside = signing.adopt(record, folder, note.from_file(checkpoint.read_text("utf-8")))
            done = (
                "Checkpoint Adopted",
                f"adopted:{outside.size}:{outside.root.hex()}",
                "The sealer's memory was lost",
            )
            details: dict[str, object] = {"origin": outside.origin, "tree_size": outside.size}
        else:
            before, head = signing.begin_new_origin(record, folder)
            done = (
                "Log Restored",
                f"restored:{before.size}:{before.root.hex()}",
                "Sealed events were lost in a restore",
            )
            details = {
                "origin": before.origin,
                "signed": before.size,
                "held": head.tree_size,
                "root": before.root.hex(),
            }
    action, native_id, what = done
    record_own(log, action, native_id, what, details)
    err.print(f"{what}; that is on record now.", markup=False)


def _stop_signal(until_input_ends: bool) -> "threading.Event":
    """An event that is set by SIGTERM, SIGINT or, if asked, the end of standard input."""
    import os
    import signal
    import sys
    import threading

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if until_input_ends:

        def watch() -> None:
            # not through sys.stdin: its lock, held by a waiting thread, would abort the interpreter's end
            while os.read(sys.stdin.fileno(), 4096):
                pass
            stop.set()

        threading.Thread(target=watch, daemon=True, name="input").start()
    return stop


def migrate(
    demo: Annotated[bool, typer.Option("--demo", help="Make the log a demo's, if it is made now.")] = False,
    json: AsJson = False,
) -> None:
    """Bring the database to this version's schema; the first time, make the log. Uses AUDITLENS_ADMIN_URL where one is
    set.
    """
    from dashboard.keeping import log as logs

    done = logs.migrate_log(settings(), demo=demo)
    if json:
        _print_json({"applied": list(done.applied), "log_id": done.log_id, "demo": done.demo})
    else:
        err.print(
            f"{len(done.applied)} migrations applied; this is log {done.log_id}{' (demo)' if done.demo else ''}.",
            markup=False,
        )


def status(json: AsJson = False) -> None:
    """Say where the log is, how large it is, and how far it is sealed and mirrored."""
    from dashboard.keeping.status import status_of

    with open_log() as log:
        found = status_of(log)
    if json:
        _print_json(found)
        return
    for name, value in found.items():
        shown = ", ".join(f"{k} {v}" for k, v in value.items() if v) if isinstance(value, dict) else value
        typer.echo(f"{name:>11}  {'—' if shown in (None, '') else shown}")


def _print_json(value: object) -> None:
    import orjson

    typer.echo(orjson.dumps(value).decode())
