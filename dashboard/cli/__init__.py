"""The `auditlens` command: one module a group of commands, and the one place where errors become exit codes."""

import os
import sys
from importlib import import_module
from typing import Annotated

import typer

from dashboard.cli.context import err, use_demo_home
from dashboard.errors import AuditlensError, Exit

_MODULES = (
    "run",
    "ingest",
    "look",
    "export",
    "prove",
    "demo",
    "geo",
    "key",
    "keep",
    "drill",
    "anchor",
    "verify",
    "archive",
)
_INTERRUPTED = 130


def build() -> typer.Typer:
    """The command line, assembled."""
    app = typer.Typer(
        name="auditlens",
        help="A provable audit log: who did what, and when.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def _root(
        demo: Annotated[
            bool, typer.Option("--demo", help="Work on the demo account's log instead of the real one.")
        ] = False,
    ) -> None:
        if demo:
            use_demo_home()

    for name in _MODULES:
        import_module(f"dashboard.cli.{name}").register(app)
    return app


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and gives its exit code. Every AuditlensError is told in two lines on standard error."""
    try:
        code = build()(arguments, standalone_mode=False)
    except typer.TyperException as wrong:
        err.print(wrong.format_message(), style="bold red", markup=False, soft_wrap=True)
        return int(Exit.WRONG_USE)
    except typer.Abort:
        return _INTERRUPTED
    except AuditlensError as wrong:
        err.print(wrong.message, style="bold red", markup=False, soft_wrap=True)
        if wrong.hint:
            err.print(wrong.hint, markup=False, soft_wrap=True)
        return int(wrong.exit)
    except BrokenPipeError:
        # Whoever read our output has enough; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.DONE)
    except OSError as wrong:
        where = f" ({wrong.filename})" if wrong.filename else ""
        err.print(f"{wrong.strerror or wrong}{where}.", style="bold red", markup=False, soft_wrap=True)
        return int(Exit.UNREACHABLE)
    except KeyboardInterrupt:
        return _INTERRUPTED
    return code if isinstance(code, int) else int(Exit.DONE)
