"""Whether the machine has more to do than it can: work that can wait then makes way."""

import os
import time
from pathlib import Path

PRESSURE = Path("/proc/pressure/cpu")
_HIGH = 0.25  # of the time somebody waited for a processor


class Pressure:
    """Looks back to when it was asked last. Where the kernel does not tell how long its processes waited (before Linux
    4.20, or another system), the load of the last minute against the number of cores decides.
    """

    def __init__(self, path: Path = PRESSURE) -> None:
        self._path = path
        self._at, self._waited_s = time.monotonic(), self._waited()

    def is_high(self) -> bool:
        """Whether somebody waited for a processor for more than a quarter of the time since the last call."""
        at, waited_s = time.monotonic(), self._waited()
        passed_s, more_s = at - self._at, None
        if waited_s is not None and self._waited_s is not None:
            more_s = waited_s - self._waited_s
        self._at, self._waited_s = at, waited_s
        if more_s is None:
            return os.getloadavg()[0] > (os.cpu_count() or 1)
        return more_s > _HIGH * passed_s

    def _waited(self) -> float | None:
        """Seconds since the start in which some process waited; None where nobody counts them."""
        try:
            some = self._path.read_text("ascii").partition("\n")[0]
        except OSError:
            return None
        return int(some.rpartition("total=")[2]) / 1e6
