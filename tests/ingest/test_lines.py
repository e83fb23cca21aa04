"""Physical lines: however the blocks fall, the lines are the same."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard.ingest.lines import LONGEST_LINE_BYTES, TOO_LONG, Splitter, numbered_lines


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"bc", b"", b"\x0b\x0c\x85\x1c"])), st.integers(1, 5))
def test_lines_do_not_depend_on_the_blocks(pieces, size):
    text = b"".join(pieces)
    splitter, found = Splitter(), []
    for start in range(0, len(text), size):
        found.extend(splitter.feed(text[start : start + size]))
    found.extend(splitter.finish())
    assert [line for _, line in found] == text.splitlines(keepends=True)
    assert [number for number, _ in found] == list(range(1, len(found) + 1))


def test_a_line_over_the_limit_is_not_kept():
    content = b"a\n" + b"x" * (5 * LONGEST_LINE_BYTES) + b"\r\nb\n" + b"y" * (LONGEST_LINE_BYTES + 1)
    blocks = iter([content[start : start + 262_144] for start in range(0, len(content), 262_144)])
    found = list(numbered_lines(lambda size: next(blocks, b"")))
    assert found == [(1, b"a\n"), (2, TOO_LONG), (3, b"b\n"), (4, TOO_LONG)]
