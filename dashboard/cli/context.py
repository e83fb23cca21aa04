"""What every command shares: the settings, the opened log, and where messages go."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from rich.console import Console

from dashboard.config import Settings, default_home, from_environment

if TYPE_CHECKING:
    from dashboard.keeping.log import Log

err = Console(stderr=True, highlight=False)
"""Messages and progress. Standard output is for the value a command was asked for, and for nothing else."""


def settings() -> Settings:
    """The settings of the environment."""
    return from_environment()


def use_demo_home() -> None:
    """From here on the demo's home is the home: a folder of its own, unless AUDITLENS_HOME names one."""
    os.environ.setdefault("AUDITLENS_HOME", str(default_home() / "demo"))


@contextmanager
def open_log(chosen: Settings | None = None, *, demo: bool = False) -> "Iterator[Log]":
    """The log of the settings, opened for the block: `dashboard.keeping.log.open_log`."""
    from dashboard.keeping import log

    with log.open_log(chosen or settings(), demo=demo) as opened:
        yield opened


@contextmanager
def writing_log(
    chosen: Settings | None = None, *, demo: bool = False, mirror_now: bool = False, much: bool = False
) -> "Iterator[Log]":
    """As `open_log`; what the block appended is sealed at its end, where this host may seal.

    `much` seals and mirrors beside the block already, by a process of its own; `mirror_now` mirrors all at the end.
    """
    from dashboard.keeping import sealer
    from dashboard.keeping.sealer_process import SealerProcess

    with open_log(chosen, demo=demo) as opened:
        with SealerProcess() if much and opened.urls.sealer else nullcontext():
            yield opened
        sealer.catch_up(opened, mirror_now=mirror_now)
