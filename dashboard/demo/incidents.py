"""What happened to machines, as far as it changes what they do afterwards."""

from dataclasses import dataclass

import numpy as np

from dashboard.demo.chance import Bools, Ints


@dataclass(frozen=True, slots=True)
class Outage:
    """A storage that does not answer in [since_us, until_us)."""

    storage: int
    since_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class Replacement:
    """From this moment on a token is gone and its successor calls in its place."""

    token: int
    at_us: int


def out_at(outages: tuple[Outage, ...], storage: Ints, at: Ints) -> Bools:
    """Whether each storage does not answer at its moment."""
    out = np.zeros(len(at), dtype=np.bool_)
    for outage in outages:
        out |= (storage == outage.storage) & (at >= outage.since_us) & (at < outage.until_us)
    return out
