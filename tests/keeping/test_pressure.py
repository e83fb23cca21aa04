import os
import time
from pathlib import Path

import pytest

from dashboard.keeping.pressure import Pressure


def told(total_us: int) -> str:
    return f"some avg10=1.00 avg60=2.00 avg300=3.00 total={total_us}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"


def test_pressure_is_high_while_somebody_waits_for_a_quarter_of_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    file = tmp_path / "cpu"
    file.write_text(told(5_000_000))
    pressure = Pressure(file)
    found, total_us = [], 5_000_000
    for waited_us in (200_000, 300_000, 0):  # of a second each
        now, total_us = now + 1.0, total_us + waited_us
        file.write_text(told(total_us))
        found.append(pressure.is_high())
    assert found == [False, True, False]


@pytest.mark.parametrize(("load", "high"), [(0.5, False), (10_000.0, True)])
def test_without_the_kernels_count_the_load_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: float, high: bool
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    assert Pressure(tmp_path / "none").is_high() is high
