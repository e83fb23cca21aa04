"""What is shown of a text is what it holds: nothing in it is obeyed, hidden, or drawn over its neighbours."""

import pytest

from dashboard.events.folding import is_blank, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31m", "\\u{1b}[31m"),
        ("a\u202eb", "a\\u{202e}b"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("\u05e9\u05b8\u05c1\u05dc", "\u05e9\u05b8\u05c1\u05dc"),
        ("e" + "\u0301" * 4 + "x", "e" + "\u0301" * 4 + "x"),
        ("e" + "\u0301" * 6 + "x", "e" + "\u0301" * 4 + "\\u{301}\\u{301}x"),
        ("ก" + "\u0e47" * 5, "ก" + "\u0e47" * 4 + "\\u{e47}"),
    ],
)
def test_what_a_screen_would_obey_or_pile_up_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("text", ["", " \t", "\u3164", "\u200d\u200c", "\u2800 \xa0", "\ufe0f"])
def test_nothing_to_see_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", " - ", "\u200da", "\x1b", "\u202e", "👩\u200d💻"])
def test_what_is_seen_or_written_out_is_not_blank(text: str) -> None:
    assert not is_blank(text)
