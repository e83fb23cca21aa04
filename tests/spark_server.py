"""A Spark Connect server for tests: Spark 4 as a cluster of two worker processes, on free ports of 127.0.0.1 only."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests import install

_STARTS_S = 300.0  # where all processors are busy
_ENDS_S = 30.0
_HERE = "127.0.0.1"
_GUARDED = 'exec 3<&0; (read -r <&3; kill -TERM 0) & exec "$@" 3<&-'
"""Runs a server whose whole process group ends with its standard input: also when the tests are killed."""
_LOGGING = """
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c: %m%n
"""


@contextmanager
def connect_server(*, memory_mb: int = 1024, settings: Mapping[str, object] | None = None) -> Iterator[str]:
    """The `sc://` address of a server that runs for the block; none of its processes outlives it.

    Without Java or Spark the test is skipped, with CI=true failed.
    """
    java, spark = install.JAVA.here(), install.SPARK.here()
    with tempfile.TemporaryDirectory(prefix="auditlens-spark-") as name:
        home, port = Path(name) / "home", _free_port()
        home.mkdir()  # of links: workers write beside the programs
        for part in ("bin", "sbin", "jars"):
            (home / part).symlink_to(Path(spark) / part)
        (home / "conf").mkdir()
        (home / "conf" / "log4j2.properties").write_text(_LOGGING, "utf-8")
        log = Path(name) / "server.log"
        server = _started(home, java, log, _options(name, port, memory_mb, settings or {}))
        try:
            _wait(server, port, log)
            yield f"sc://{_HERE}:{port}"
        finally:
            _end(server)


def _started(home: Path, java: str, log: Path, options: list[str]) -> subprocess.Popen[bytes]:
    script = home / "sbin" / "start-connect-server.sh"
    with log.open("wb") as said:
        return subprocess.Popen(
            ["bash", "-c", _GUARDED, "spark", script, "--wait", *options],
            env=_environment(java, home), cwd=home, stdin=subprocess.PIPE, stdout=said, stderr=said,
            start_new_session=True,
        )  # fmt: skip


def _options(folder: str, port: int, memory_mb: int, more: Mapping[str, object]) -> list[str]:
    settings = {
        "spark.connect.grpc.binding.address": _HERE,
        "spark.connect.grpc.binding.port": port,
        "spark.driver.host": _HERE,
        "spark.driver.bindAddress": _HERE,
        "spark.local.dir": folder,
        "spark.sql.shuffle.partitions": 2,
        "spark.sql.warehouse.dir": f"{folder}/warehouse",
        "spark.ui.enabled": "false",
        **more,
    }
    configured = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    return ["--master", f"local-cluster[2,1,{memory_mb}]", "--driver-memory", f"{memory_mb}m", *configured]


def _environment(java: str, home: Path) -> dict[str, str]:
    """Nothing that another Spark was set up by, and what is written goes into its home."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
    return {
        **inherited,
        "JAVA_HOME": java,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": _HERE,
        "SPARK_LOG_DIR": str(home),
        "SPARK_PID_DIR": str(home),
    }


def _free_port() -> int:
    with socket.create_server((_HERE, 0)) as found:
        return int(found.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _STARTS_S
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text("utf-8", errors="replace")[-4000:]
        try:
            socket.create_connection((_HERE, port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text("utf-8", errors="replace")[-4000:])


def _end(server: subprocess.Popen[bytes]) -> None:
    """Ends the server and its workers, which are of one process group."""
    family = [process for process in psutil.process_iter() if _group(process) == server.pid]
    os.killpg(server.pid, signal.SIGTERM)
    _, alive = psutil.wait_procs(family, timeout=_ENDS_S)
    if alive:
        os.killpg(server.pid, signal.SIGKILL)
        _, alive = psutil.wait_procs(alive, timeout=_ENDS_S)
    server.wait(timeout=_ENDS_S)
    assert alive == []
    assert server.stdin is not None
    server.stdin.close()


def _group(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return None
