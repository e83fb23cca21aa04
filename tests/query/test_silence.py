import pytest

from dashboard.query import silence


def held(text: str) -> list[bool]:
    return [sign == "x" for sign in text]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("xxxxxxxxxxxxxxxxxxxxxxxx", []),
        ("xxxxxxxxxx....xxxxxxxxxx", [(10, 14)]),  # a machine that stood still
        ("xxxxxxxxxxxxxxxxxxxxxx....", [(22, 26)]),  # and one that never came back
        ("xxxxxxxxxx.xxxxxxxxxxxxx", []),  # one empty bucket happens
        ("....xxxxxxxxxxxxxxxxxxxx", []),  # before its first event a source may not have been there
        ("xxxxx..xxxxx..xxxxx..xxxxx..", []),  # the weekends of people
        ("x...x....x..x.....x...x..x", []),  # who speaks rarely is not missed
        ("xxxxxxxxxx.....xxxxxxxxxx.....xxxxxxxxxxxx", [(10, 15), (25, 30)]),
        ("........", []),
    ],
)  # fmt: skip
def test_a_gap_is_a_run_too_long_for_chance(text: str, found: list[tuple[int, int]]) -> None:
    assert list(silence.gaps(held(text))) == found
