"""A value is found as a whole word however it is written, and nothing else is; Polars and Python agree."""

import json
from urllib.parse import quote

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import UsageError
from dashboard.events.folding import fold
from dashboard.events.mentions import checked_value, is_named, rust_pattern

FOUND = [
    ("elif.kaya", "elif.kaya"),
    ("elif.kaya", "Elif.Kaya signed in"),
    ("elif.kaya", "mail to elif.kaya@example.com"),
    ("elif.kaya@example.com", "/users/elif.kaya%40example.com/keys"),
    ("elif.kaya", '{"by":"elif.kaya"}'),
    ("elif.kaya", '{"text":"Deleted\\nelif.kaya"}'),
    ("elif.kaya", '{"text":"\\u0065lif.kaya"}'),
    ("Elif Kaya", "elif  kaya"),
    ("Elif Kaya", "q=Elif+Kaya&x"),
    ("Elif Kaya", "q=Elif%20Kaya"),
    ("İpek Şahin", "ipek şahin"),
    ("ipek şahin", "İPEK ŞAHİN"),
    ("ipek şahin", '{"a":"\\u0130pek \\u015Eahin"}'),
    ("ipek şahin", '{"a":"{\\"b\\":\\"\\\\u0130pek \\\\u015fahin\\"}"}'),
    ("şahin", quote("şahin")),
    ("josé", "Jose\u0301"),
    ("jose\u0301", "JOSÉ"),
    ('the "cat"', 'x,"the ""cat""",y'),
    ('the "cat"', '{"a":"the \\"cat\\""}'),
    ("10.0.0.1", "from 10.0.0.1, twice"),
    ("2001:db8::1", "[2001:DB8::1]:443"),
    ("a😀b", '"a\\ud83d\\ude00b"'),
    ("Νίκος", "ΝΊΚΟΣ"),
    ("o'brien", "O'Brien"),
    ("a/b", '"a\\/b"'),
]
PASSED_OVER = [
    ("elif.kaya", "elif.kaya2"),
    ("elif.kaya", "xelif.kaya"),
    ("elif.kaya", "elifxkaya"),
    ("10.0.0.1", "10.0.0.12"),
    ("10.0.0.1", "110.0.0.1"),
    ("kaya", "kayak"),
    ("şahin", "şahinbey"),
    ("Elif Kaya", "elifkaya"),
]


def by_polars(text: str, value: str) -> bool:
    return bool(pl.Series([fold(text)]).str.contains(rust_pattern(value))[0])


@pytest.mark.parametrize(("value", "text"), FOUND)
def test_a_value_is_found_as_it_is_written(value: str, text: str) -> None:
    assert is_named(text, value)
    assert by_polars(text, value)


@pytest.mark.parametrize(("value", "text"), PASSED_OVER)
def test_a_part_of_a_word_is_not_the_value(value: str, text: str) -> None:
    assert not is_named(text, value)
    assert not by_polars(text, value)


@pytest.mark.parametrize("value", ["", " ", "a", " - ", "x" * 1025, "ab\0", "a\nb"])
def test_a_value_that_says_nothing_is_refused(value: str) -> None:
    with pytest.raises(UsageError):
        checked_value(value)


TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=2, max_size=12)


@given(TEXT.filter(lambda text: sum(map(str.isalnum, text)) > 1), TEXT)
def test_both_engines_agree_and_find_what_json_made_of_it(value: str, around: str) -> None:
    value = checked_value(value)
    for text in (
        f"{around} {value} {around}",
        json.dumps([around, value]),
        json.dumps({"a": json.dumps(value)}),
        around,
    ):
        assert is_named(text, value) == by_polars(text, value)
    assert is_named(f"{around} {value}.", value)
    assert is_named(json.dumps([around, value], ensure_ascii=True), value)
