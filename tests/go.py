"""Runs the tests' Go programs: with Debian's copy of golang.org/x/mod, without modules and without the network."""

import os
import subprocess
from pathlib import Path

from tests import install


def built(source: Path, folder: Path) -> Path:
    """The program in the folder `source`, compiled into `folder`.

    Without Go the test is skipped, with CI=true failed.
    """
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
        "GOTOOLCHAIN": "local",
    }
    subprocess.run([install.GO.here(), "build", "-o", folder / "program", "."], cwd=source, env=environment, check=True)
    return folder / "program"
