"""Which PostgreSQL process runs on a data folder: found by what the process does, not by what a left-over file says.

`pg_ctl status` takes a zombie, or a stranger that got the old pid, for a running server. Here a server is a live
process whose pid stands in postmaster.pid and whose working directory is the data folder.
"""

import os
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from dashboard.errors import UnreachableError
from dashboard.record.home import Account

_SETTLE_TIMEOUT_S = 600  # crash recovery replays up to max_wal_size
_ORPHANS_ASKED_S, _ORPHANS_TIMEOUT_S = 5, 15
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What postmaster.pid says: the pid on line 1, the socket's folder on line 5, the state on line 8."""

    pid: int
    socket_folder: Path
    state: str  # starting, ready, stopping; empty while PostgreSQL has not come that far


def settled(folder: Path, who: Account) -> Postmaster | None:
    """Wait until the server on `folder` is ready, or until no process uses the folder, and return which.

    A server on its way down is waited for; backends that outlived a killed postmaster are ended after five seconds.
    Raises UnreachableError when neither comes about.
    """
    begun = time.monotonic()
    asked = False
    while True:
        server = alive(folder, who)
        if server is not None and server.state == "ready":
            return server
        waited = time.monotonic() - begun
        if server is None:
            orphans = list(_processes_in(folder, who))
            if not orphans:
                return None
            if waited > _ORPHANS_TIMEOUT_S:
                raise UnreachableError(
                    f"Processes of an earlier database server still hold {folder}: {', '.join(map(str, orphans))}.",
                    "End them and start again.",
                )
            if waited > _ORPHANS_ASKED_S and not asked:
                asked = True
                _end(orphans)
        elif waited > _SETTLE_TIMEOUT_S:
            raise UnreachableError(
                f"The database server in {folder} says '{server.state}' and does not become ready.",
                f"Look at {folder / 'server.log'}.",
            )
        time.sleep(_POLL_S)


def alive(folder: Path, who: Account) -> Postmaster | None:
    """Return the server whose pid stands in postmaster.pid, if such a process lives and works in `folder`."""
    server = _read(folder / "postmaster.pid")
    return server if server is not None and _works_in(server.pid, folder, who) else None


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed server left. To be called when no process uses `folder` (`settled` returned None).

    Raises UnreachableError when the socket answers all the same: the server then runs out of our sight, as in another
    container that shares the folder.
    """
    server = _read(folder / "postmaster.pid")
    if server is not None:
        path = server.socket_folder / ".s.PGSQL.5432"
        if _answers(path):
            raise UnreachableError(
                f"A database server that this machine can't see already runs on {folder}.",
                "Stop it there (another container that shares the folder?), or set AUDITLENS_HOME to another folder.",
            )
        path.with_name(path.name + ".lock").unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    (folder / "postmaster.pid").unlink(missing_ok=True)


def _read(path: Path) -> Postmaster | None:
    try:
        lines = [*path.read_text("utf-8", errors="replace").splitlines(), *[""] * 8]
        return Postmaster(int(lines[0]), Path(lines[4]), lines[7].strip())
    except (FileNotFoundError, ValueError):
        return None  # no server, or one that has not written its pid yet
    except PermissionError as error:
        raise UnreachableError(
            f"The database in {path.parent} belongs to another user.",
            "Start Auditlens as the user who made it, or set AUDITLENS_HOME to a folder of your own.",
        ) from error


def _processes_in(folder: Path, who: Account) -> Iterator[int]:
    for process in psutil.process_iter(["name"]):
        if str(process.info["name"]).startswith("postgres") and _works_in(process.pid, folder, who):
            yield process.pid


def _works_in(pid: int, folder: Path, who: Account) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(folder)
    except psutil.AccessDenied:  # a container's root may not look, the account itself may
        return who.lent and who.run(["/bin/readlink", f"/proc/{pid}/cwd"]).stdout.rstrip("\n") == str(folder)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return False


def _end(pids: list[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGQUIT)
        except ProcessLookupError:
            continue  # it went by itself


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
        except OSError:
            return False
        return True
