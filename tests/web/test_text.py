from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.web import text

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (timedelta(), "just now"),
        (timedelta(milliseconds=999), "just now"),
        (timedelta(seconds=1), "1 second ago"),
        (timedelta(seconds=59), "59 seconds ago"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=29), "29 days ago"),
        (timedelta(days=45), "1 month ago"),
        (timedelta(days=800), "2 years ago"),
        (-timedelta(hours=3), "in 3 hours"),
        (-timedelta(days=365 * 73), "in 73 years"),
    ],
)
def test_relative_says_whole_units_and_never_rounds_up(away: timedelta, said: str) -> None:
    assert text.relative(NOW - away, NOW) == said


def test_exact_says_the_second_and_the_zone() -> None:
    assert text.exact(datetime(2026, 11, 23, 8, 11, 57, 999_999, tzinfo=UTC)) == "2026-11-23 08:11:57 UTC"


@pytest.mark.parametrize(
    ("column", "value", "actor_type", "erased", "said"),
    [
        ("actor", "ayse", "user", None, "ayse"),
        ("actor", None, "system", None, "—"),
        ("actor", None, "anonymous", None, "unknown"),
        ("actor", None, "user", None, "unknown"),
        ("actor", None, "user", "actor", "erased"),
        ("actor", None, "user", "client,actor", "erased"),
        ("source_ip", None, "user", "client", "erased"),
        ("reported_region", None, "user", "client", "erased"),
        ("source_ip", None, "user", "actor", "—"),
        ("source_ip", None, "system", None, "—"),
        ("region", None, "user", "place", "erased"),
        ("region", None, "user", None, "—"),
        ("description", None, "user", "description", "erased"),
        ("actor", "  ", "user", None, "(empty)"),
        ("actor", "", "user", None, "(empty)"),
        ("actor", "\u3164\u200d", "user", None, "(empty)"),
        ("target", "\u2800", "user", None, "(empty)"),
        ("target", "", "user", None, ""),
    ],
)
def test_nobody_unknown_and_erased_are_three_things(
    column: str, value: str | None, actor_type: str, erased: str | None, said: str
) -> None:
    assert text.shown(column, value, actor_type, erased) == said


@pytest.mark.parametrize("mark", list("\\`*_{}[]()<>#+-.!|~$:&"))
def test_a_label_escapes_every_mark_of_markdown(mark: str) -> None:
    assert text.label(f"a{mark}b") == f"a\\{mark}b"


@pytest.mark.parametrize(
    ("value", "parted"),
    [
        ("www.evil.example", "www|.evil.example"),
        ("see HTTPS://evil.example/a", "see HTTPS:|//evil.example/a"),
        ("http://evil.example", "http:|//evil.example"),
        ("a.b@evil.example", "a.b@|evil.example"),
        (":material_home: :streamlit: :skull:", ":|material_home: :|streamlit: :|skull:"),
        ("a -> b <-> c -- d >= e ~= f", "a -|> b <|-|> c -|- d >|= e ~|= f"),
        ("2026-11-23 08:11:57 UTC, 12 @ night", "2026-11-23 08:11:57 UTC, 12 @ night"),
    ],
)
def test_a_label_parts_what_streamlit_makes_into_more_than_text(value: str, parted: str) -> None:
    assert text.label(value).replace("\\", "") == parted.replace("|", "\u2060")


def test_a_word_joiner_of_the_log_is_not_ours() -> None:
    assert text.label("www\u2060.x.example").replace("\\", "") == "wwwu{2060}.x.example"


@pytest.mark.parametrize(
    ("value", "isolated"),
    [
        ("محمد عبد الله 2026 UTC", "<محمد عبد الله> 2026 UTC"),
        ("Actor: שלום, עולם, 5", "Actor: <שלום, עולם>, 5"),
        ("plain 3", "plain 3"),
    ],
)
def test_a_label_keeps_what_is_read_from_the_right_to_itself(value: str, isolated: str) -> None:
    assert text.label(value).replace("\\", "") == isolated.replace("<", "\u2068").replace(">", "\u2069")


def test_an_isolate_of_the_log_is_not_ours() -> None:
    assert "\u2068" not in text.label("\u2068evil\u2069")


@given(st.text(max_size=300), st.integers(5, 80))
def test_one_line_is_bounded_and_has_no_control_characters(value: str, longest: int) -> None:
    line = text.one_line(value, longest)
    assert len(line) <= longest
    assert not any(ord(character) < 32 or character in "\x7f\u202e\u2066\u2028" for character in line)


def test_a_direction_override_is_written_out() -> None:
    assert text.one_line("abc\u202efdp.exe") == "abc\\u{202e}fdp.exe"


@given(st.lists(st.text(max_size=80), unique=True, max_size=12))
def test_no_two_options_of_a_picker_share_a_label(values: list[str]) -> None:
    found = text.labels(values)
    assert list(found) == values
    assert len(set(found.values())) == len(values)


def test_labels_stay_different_when_a_label_is_also_a_value() -> None:
    assert len(set(text.labels(["a" * 90, "a" * 91, "a" * 59 + "… (2)"]).values())) == 3
