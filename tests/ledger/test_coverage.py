"""Coverage: each place as old as its last look, never younger."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dashboard.ledger.coverage import Coverage, Covered

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
PASSES = st.lists(
    st.tuples(
        st.integers(0, 3_000),
        st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=4),
    ),
    max_size=12,
)


def minutes(count: int) -> datetime:
    return NOON + timedelta(minutes=count)


@given(passes=PASSES, earliest=st.integers(0, 3_000), as_of=st.integers(0, 45))
def test_a_place_is_covered_when_its_last_look_is_and_never_said_to_be_younger(
    passes: list[tuple[int, list[tuple[int, int]]]], earliest: int, as_of: int
) -> None:
    coverage, last = Coverage(), {}
    for at, ranges in sorted(passes, key=lambda one: one[0]):
        coverage.add(ranges, minutes(at))
        last |= {seq: minutes(at) for start, stop in ranges for seq in range(start, stop)}
    parts = coverage.since(minutes(earliest), as_of)
    said = {seq: part.at for part in parts for seq in range(part.start, part.stop)}
    assert sum(part.stop - part.start for part in parts) == len(said)
    assert all(minutes(earliest) <= said[seq] <= last[seq] for seq in said)
    assert all(last[seq] - said[seq] <= timedelta(minutes=10) for seq in said)
    clear = {seq for seq, at in last.items() if seq < as_of and at >= minutes(earliest + 10)}
    assert clear <= set(said)


def test_a_day_of_small_passes_takes_few_entries() -> None:
    coverage = Coverage()
    for k in range(20_000):
        coverage.add([(k, k + 1)], NOON + timedelta(seconds=4 * k))
    assert len(coverage.since(NOON, 20_000)) < 150


def test_neighbours_of_other_times_stay_apart() -> None:
    coverage = Coverage()
    coverage.add([(0, 10)], NOON)
    coverage.add([(4, 6), (10, 12)], minutes(60))
    assert coverage.since(NOON, 11) == (
        Covered(0, 4, NOON),
        Covered(4, 6, minutes(60)),
        Covered(6, 10, NOON),
        Covered(10, 11, minutes(60)),
    )
