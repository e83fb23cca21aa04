"""Keeps what benches found in `results.json` and writes RESULTS.md of it: nobody writes either by hand.

A part (`questions`, `browser`, `sessions` …) is what one bench found at one size; a later run takes its place.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench import machine, report

FOLDER = Path(os.environ.get("BENCH_RESULTS", str(Path(__file__).parent)))


def put(part: str, events: int, found: Mapping[str, Any]) -> None:
    """Keeps a part, writes RESULTS.md anew and prints the part's own section."""
    kept = _kept()
    kept.setdefault(str(events), {})[part] = {"machine": machine.described(), **found}
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "results.json").write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", "utf-8")
    (FOLDER / "RESULTS.md").write_text(report.written(kept), "utf-8")
    print("\n" + report.section(part, kept[str(events)][part], events))


def _kept() -> dict[str, dict[str, Any]]:
    file = FOLDER / "results.json"
    kept: dict[str, dict[str, Any]] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return kept
