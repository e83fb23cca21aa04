"""Finds the programs that tests use beside Python's packages, and installs what is missing where it can: Debian's, as
root. `make test` runs it before the tests; `python -m tests.install chromium` looks for one of them. With `--packages`
it installs Debian's alone, says nothing of what is missing still, and needs no package of Python's.

It never fails a run by itself, but says plainly which tests will be skipped; with CI=true that is a failure.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

_GO_MODULES = Path("/usr/share/gocode/src/golang.org/x/mod")
_JAVA = (17, 21)
_CLUSTER_POLICY = Path("/etc/postgresql-common/createcluster.conf")


@dataclass(frozen=True, slots=True)
class Program:
    """A program: where it is (None: nowhere), and what Debian calls it."""

    name: str
    find: Callable[[], str | None]
    packages: tuple[str, ...]
    skipped: str

    @property
    def missing(self) -> str:
        """What to say where it can't be had."""
        return f"No {self.name} was found: {self.skipped} ARE SKIPPED. `make test`, as root with a network, gets it."

    def here(self) -> str:
        """Its path; where there is none the test is skipped, and with CI=true failed."""
        import pytest

        path = self.find()
        if path is None and required():
            pytest.fail(self.missing)
        if path is None:
            pytest.skip(self.missing)
        return path


def required() -> bool:
    """Whether a missing program is a failure."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def _chromium() -> str | None:
    """A Chromium that starts: the system's, else Playwright's own. A headless shell is one without windows."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    candidates = chain(map(shutil.which, names), _playwrights_own())
    return next((path for path in candidates if path and _starts(path, "--version")), None)


def _playwrights_own() -> Iterator[str]:
    """Asked for only where the system has none: Playwright starts a program of its own to know."""
    if find_spec("playwright") is None:
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    yield path


def _starts(path: str, *words: str) -> bool:
    """A snap's stand-in, and a program whose system libraries are missing, exist but do not start."""
    try:
        return subprocess.run([path, *words], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _older_postgresql() -> str | None:
    """The programs' folder of a server of 15 to 17, the oldest: the embedded one is 18."""
    folders = (Path("/usr/lib/postgresql") / str(major) / "bin" for major in range(15, 18))
    return next((str(folder) for folder in folders if _starts(str(folder / "postgres"), "--version")), None)


def _go() -> str | None:
    """A Go with Debian's copy of golang.org/x/mod."""
    path = shutil.which("go")
    return path if path and (_GO_MODULES / "sumdb").is_dir() and _starts(path, "version") else None


def _java() -> str | None:
    """The home of a Java that Spark 4 runs on."""
    named = [Path(home) / "bin" / "java" for home in [os.environ.get("JAVA_HOME")] if home]
    found = [Path(path) for path in [shutil.which("java")] if path]
    debians = [path / "bin" / "java" for major in _JAVA for path in sorted(Path("/usr/lib/jvm").glob(f"*-{major}-*"))]
    fits = (path.resolve() for path in (*named, *found, *debians) if _java_major(path) in _JAVA)
    return next((str(path.parent.parent) for path in fits), None)


def _java_major(path: Path) -> int | None:
    try:
        said = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=60, check=False).stderr
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r'version "(\d+)', said)
    return int(version[1]) if version else None


def _spark() -> str | None:
    """The home of Spark: what `make` unpacks."""
    folder = Path(sys.prefix) / "spark"
    is_there = (folder / "sbin" / "start-connect-server.sh").is_file() and any(folder.glob("jars/spark-connect_*.jar"))
    return str(folder) if is_there else None


CHROMIUM = Program("Chromium", _chromium, ("chromium-headless-shell", "fonts-liberation"), "BROWSER TESTS")
POSTGRESQL = Program("PostgreSQL 15 to 17", _older_postgresql, ("postgresql",), "TESTS ON AN OLDER POSTGRESQL")
GO = Program("Go", _go, ("golang-go", "golang-golang-x-mod-dev"), "TESTS AGAINST GO'S VERIFIER")
JQ = Program("jq", lambda: shutil.which("jq"), ("jq",), "TESTS OF THE LEAF FORMAT BY SHELL")
JAVA = Program("Java 17 or 21", _java, ("openjdk-17-jre-headless",), "TESTS ON SPARK")
SPARK = Program("Spark 4", _spark, (), "TESTS ON SPARK")
PROGRAMS = (CHROMIUM, POSTGRESQL, GO, JQ, JAVA, SPARK)


def install(missing: Sequence[Program]) -> None:
    """Tries Debian's packages, for the browser also Playwright's download; what they say goes to standard error."""
    install_packages(missing)
    if CHROMIUM in missing and CHROMIUM.find() is None:
        _attempt([sys.executable, "-m", "playwright", "install", "chromium"], dict(os.environ))


def install_packages(missing: Sequence[Program]) -> None:
    """Tries Debian's packages, as root."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _no_cluster()
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "UCF_FORCE_CONFFOLD": "1"}
        _attempt(["apt-get", "update", "-qq"], environment)
        for program in (
            program for program in missing if program.packages
        ):  # one by one: a package that is not to be had takes no other with it
            _attempt(["apt-get", "install", "-qq", "-y", "--no-install-recommends", *program.packages], environment)


def _no_cluster() -> None:
    """Keeps Debian from making and starting a server of its own that nobody asked for; a policy that exists stays."""
    if not _CLUSTER_POLICY.parent.exists():
        _CLUSTER_POLICY.parent.mkdir(parents=True)
        _CLUSTER_POLICY.write_text("create_main_cluster = false\n", "utf-8")


def _attempt(command: list[str], environment: dict[str, str]) -> None:
    print("Programs of the tests:", " ".join(command), file=sys.stderr)
    try:
        subprocess.run(command, env=environment, stdout=sys.stderr, timeout=600, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"Programs of the tests: {error}", file=sys.stderr)


def main(names: Sequence[str]) -> int:
    """Finds, else installs, the programs of these names, by default all; 1 when one is missing where none may be."""
    if names == ["--packages"]:
        install_packages([program for program in PROGRAMS if program.packages and program.find() is None])
        return 0
    wanted = [program for program in PROGRAMS if not names or program.name.lower() in names]
    missing = [program for program in wanted if program.find() is None]
    if missing:
        install(missing)
    lacking = False
    for program in wanted:
        path = program.find()
        print(f"Tests use {path}" if path else program.missing, file=sys.stdout if path else sys.stderr)
        lacking |= path is None
    return int(lacking and required())


if __name__ == "__main__":
    sys.exit(main([name.lower() for name in sys.argv[1:]]))
