"""A regular expression is of the subset, and then means what Python takes it for, or it is refused with a reason."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.events.folding import fold
from dashboard.events.pattern import LONGEST, InvalidPattern, compiled
from tests.thorough import cases

SIGNS = st.sampled_from([*"abcxyz019_ -.,:", "İ", "Ü", "ß", "ς", "Σ", "日", "👩"])
ATOMS = st.one_of(
    SIGNS.map(lambda sign: f"\\{sign}" if sign in ".-" else sign),
    st.sampled_from(
        [".", r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", r"\.", r"\\", r"\[", "[abc]", "[^a-z]", r"[\d.]", "[x-z_]"]
    ),
)
REPEATS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}"])
PARTS = st.lists(st.tuples(ATOMS, REPEATS).map("".join), min_size=1, max_size=4).map("".join)
PATTERNS = st.tuples(st.sampled_from(["", "^"]), PARTS, st.sampled_from(["", "$", "|b", "(c|d)e"])).map("".join)


@settings(max_examples=cases(300))
@given(PATTERNS, st.text(SIGNS, max_size=8))
def test_an_expression_means_what_python_takes_it_for(pattern: str, text: str) -> None:
    """Python reads the same signs: letters folded, classes of ASCII only, an end that is the end."""
    theirs = re.sub(r"(?<!\\)\$", r"\\Z", "".join(one if one in "DWS" else fold(one) for one in pattern))
    assert bool(re.search(compiled(pattern, end=r"\Z"), fold(text))) == bool(re.search(theirs, fold(text), re.ASCII))


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("a(b", "a ( without its ) at character 4"),
        ("a)", "a ) without its ( at character 2"),
        ("[a", "a [ without its ]"),
        ("*a", "a * that repeats nothing"),
        ("a**", "a repeat of a repeat"),
        ("a+?", "a repeat of a repeat"),
        ("(a+)+", "a repeat without end inside of another"),
        ("(a*b|c)*", "a repeat without end inside of another"),
        ("a{3,1}", "no range"),
        ("a{101}", "no range"),
        ("(?i)a", "(?, which is not taken"),
        (r"(a)\1", r"\1, which is not taken"),
        (r"\bword", r"\b, which is not taken"),
        ("a|", "nothing to look for"),
        ("()", "nothing to look for"),
        ("a\\", "nothing behind it"),
        ("[z-a]", "a range that is none"),
        (r"[\D]", "in a set"),
        ("^*", "a repeat of an end"),
        ("a{", "a { that repeats nothing"),
        ("x" * (LONGEST + 1), "longer than 200"),
    ],
)
def test_what_is_not_of_the_subset_is_refused_with_a_reason(pattern: str, why: str) -> None:
    with pytest.raises(InvalidPattern, match=re.escape(why)):
        compiled(pattern)


@settings(max_examples=cases(500))
@given(st.text(max_size=30))
def test_any_text_is_compiled_or_refused(text: str) -> None:
    try:
        written = compiled(text)
    except InvalidPattern:
        return
    re.compile(written)
