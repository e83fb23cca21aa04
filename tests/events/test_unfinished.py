"""What is typed is told from what stands around it, wherever the caret is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.events.search_text import read, token
from dashboard.events.unfinished import Unfinished, unfinished


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("", "", Unfinished("", excluded=False, name=None, typed="", tail="")),
        ("act", "", Unfinished("", excluded=False, name=None, typed="act", tail="")),
        ("-act", "", Unfinished("", excluded=True, name=None, typed="act", tail="")),
        ("-", "", Unfinished("", excluded=False, name=None, typed="-", tail="")),
        ("last:7d actor:", "", Unfinished("last:7d ", excluded=False, name="actor", typed="", tail="")),
        ("Actor:ci", "-bot x", Unfinished("", excluded=False, name="actor", typed="ci", tail=" x")),
        ('region:"New Y', "", Unfinished("", excluded=False, name="region", typed="New Y", tail="")),
        ('region:"New Y', 'ork" x', Unfinished("", excluded=False, name="region", typed="New Y", tail=" x")),
        ('a:"x y" -b:"say \\"h', "", Unfinished('a:"x y" ', excluded=True, name="b", typed='say "h', tail="")),
        ('"two words', "", Unfinished("", excluded=False, name="search", typed="two words", tail="")),
        ("actor:x ", "y", Unfinished("actor:x ", excluded=False, name=None, typed="", tail="y")),
        ('actor:"x y"', "", Unfinished('actor:"x y"', excluded=False, name=None, typed="", tail="")),
    ],
)
def test_the_token_at_the_caret_is_told_from_the_rest(before: str, after: str, found: Unfinished) -> None:
    assert unfinished(before, after) == found


def test_what_stands_around_it_is_a_line_of_its_own() -> None:
    assert unfinished("last:7d actor:ci", "-bot outcome:failure").rest == "last:7d outcome:failure"


@given(st.text(max_size=60), st.text(max_size=20))
def test_nothing_that_is_typed_fails_or_gets_lost(before: str, after: str) -> None:
    found = unfinished(before, after)
    line = before + after
    assert line.startswith(found.head)
    assert line.endswith(found.tail)
    assert len(found.head) + len(found.tail) <= len(line)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40))
def test_a_value_s_token_is_read_back_as_the_value(value: str) -> None:
    assert read(token("not-target", value)).not_target == (value,)


@given(st.text(max_size=40))
def test_a_value_in_quotes_is_typed_to_its_end(value: str) -> None:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    assert unfinished(f'target:"{escaped}').typed == value
