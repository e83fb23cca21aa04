"""A PostgreSQL older than the embedded one, from Debian's package, in a folder of its own for as long as it is used."""

import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dashboard.record import home
from dashboard.record.embedded import Endpoint
from tests import install

_QUICK = "-c listen_addresses= -c fsync=off -c shared_buffers=64MB -c max_connections=60"


@contextmanager
def older_server() -> Iterator[Endpoint]:
    """Runs a new, empty server for the block, as the account that root lends a server.

    Whoever may pass into its closed folder is trusted. Without the programs the test is skipped, with CI=true failed.
    """
    programs, who = Path(install.POSTGRESQL.here()), home.account()
    with tempfile.TemporaryDirectory(prefix="auditlens-older-") as name:
        folder = Path(name)
        who.own(folder, 0o700)

        def run(program: str, *words: str) -> None:
            done = who.run([programs / program, *words], folder)
            assert done.returncode == 0, done.stderr or done.stdout

        options = ["--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        run("initdb", "-D", "pg", "-U", "auditlens", *options)
        run("pg_ctl", "-D", "pg", "-w", "-l", "server.log", "-o", f"{_QUICK} -k {shlex.quote(name)}", "start")
        try:
            yield Endpoint(folder)
        finally:
            run("pg_ctl", "-D", "pg", "-w", "-m", "immediate", "stop")
