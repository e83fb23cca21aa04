"""Randomness with coordinates: a draw depends on where it is made, never on what was drawn before.

`key(seed, day, person)` names a place; `uniform(key, 3)` is draw number 3 made there. The mixing is SplitMix64's
finaliser (Steele, Lea, Flood 2014), which is plenty for make-believe and runs over whole arrays at once.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = 2**64 - 1


def _mix(value: Keys) -> Keys:
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def key(*coordinates: Any) -> Keys:
    """One key for each place; integers and arrays of them broadcast like arithmetic. At least one-dimensional."""
    place: Keys = np.full(1, _GOLDEN, dtype=np.uint64)
    for coordinate in coordinates:
        whole = np.atleast_1d(np.asarray(coordinate))
        place = _mix((place ^ whole.astype(np.uint64)) * np.uint64(_GOLDEN | 1) + np.uint64(0x632BE59BD9B4E019))
    return place


def bits(place: Keys, draw: int) -> Keys:
    """64 random bits for each key."""
    return _mix(place + np.uint64((draw + 1) * _GOLDEN & _MASK))


def uniform(place: Keys, draw: int) -> Floats:
    """Numbers in [0, 1), one for each key."""
    return (bits(place, draw) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def below(place: Keys, draw: int, limit: Any) -> Ints:
    """Whole numbers in [0, limit), one for each key; `limit` may be an array."""
    chosen: Ints = (uniform(place, draw) * limit).astype(np.int64)
    return chosen


def exponential(place: Keys, draw: int) -> Floats:
    """Waiting times with mean 1."""
    return -np.log1p(-uniform(place, draw))


def about(place: Keys, draw: int, mean: Any) -> Ints:
    """Whole numbers whose mean is `mean`: the two around it."""
    whole: Ints = np.floor(mean + uniform(place, draw)).astype(np.int64)
    return whole


def lognormal(place: Keys, draw: int, median: Any, spread: float) -> Floats:
    """Positive numbers around `median`, skewed to the right; `spread` is the standard deviation of the logarithm."""
    radius = np.sqrt(-2.0 * np.log1p(-uniform(place, draw)))
    angle = np.cos(2.0 * np.pi * uniform(place, draw + 1000))
    return np.asarray(median * np.exp(spread * radius * angle), dtype=np.float64)


def spread_out(counts: Ints) -> tuple[NDArray[np.intp], Ints]:
    """For groups of `counts` rows: the group of each row, and the row's place in its group."""
    group = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return group, np.arange(len(group), dtype=np.int64) - first[group]
