"""Gaps in counters are the numbers that no event has, whatever order and pieces they come in."""

from itertools import pairwise

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.keeping.verify.counters import Counters, runs_in

NUMBERS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40)), max_size=80)


@settings(deadline=None)
@given(NUMBERS, st.integers(1, 20))
def test_each_missing_number_lies_in_one_gap(numbers: list[tuple[str, int]], piece: int) -> None:
    counters = Counters()
    for start in range(0, len(numbers), piece):
        rows = [(source, number, start + k) for k, (source, number) in enumerate(numbers[start : start + piece])]
        schema = {"source": pl.String, "source_seq": pl.Int64, "seq": pl.Int64}
        counters.add(runs_in(pl.DataFrame(rows, schema=schema, orient="row")))
    expected = []
    for source in "ab":
        there = sorted({number for name, number in numbers if name == source})
        expected += [(source, a, b) for a, b in pairwise(there) if b - a > 1]
    told = [found.message for found in counters.gaps()]
    assert [
        f"Source {s} counted from {a} to {b}: {b - a - 1:,} numbers between them never came." for s, a, b in expected
    ] == told


def test_the_name_of_a_source_is_shown_harmless_and_short() -> None:
    rows = [("\x1b[31m" + "x" * 100, 1, 0), ("\x1b[31m" + "x" * 100, 3, 1)]
    counters = Counters()
    counters.add(runs_in(pl.DataFrame(rows, schema=["source", "source_seq", "seq"], orient="row")))
    (found,) = counters.gaps()
    assert "\x1b" not in found.message
    assert len(found.message) < 120
    assert (found.first, found.last) == (0, 1)


def test_more_gaps_than_anyone_reads_are_counted() -> None:
    rows = [("a", 2 * k, k) for k in range(150)]
    counters = Counters()
    counters.add(runs_in(pl.DataFrame(rows, schema=["source", "source_seq", "seq"], orient="row")))
    found = list(counters.gaps())
    assert len(found) == 101
    assert "49 more gaps" in found[-1].message
