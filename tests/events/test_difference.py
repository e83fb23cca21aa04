import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.events.difference import Change, Kind, json_changes, leaves, words

WORDS = st.lists(
    st.sampled_from(["keep", "7", "days", " ", "\n", "İ", "x\u0301", "👩\u200d💻", "\u202e", "<b>", "-"]), max_size=40
)
TEXTS = st.one_of(st.text(max_size=200), WORDS.map("".join))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


def one_side(before: str, after: str, other: Kind) -> str:
    return "".join(part.text for part in words(before, after) if part.kind is not other)


@given(TEXTS, TEXTS)
def test_the_parts_joined_give_both_texts_back(before: str, after: str) -> None:
    assert one_side(before, after, Kind.ADDED) == before
    assert one_side(before, after, Kind.REMOVED) == after
    assert all(part.text for part in words(before, after))


@given(TEXTS)
def test_equal_texts_are_one_part(some: str) -> None:
    assert [part.kind for part in words(some, some)] == [Kind.SAME] * bool(some)


@pytest.mark.parametrize(
    ("before", "after", "removed", "added"),
    [
        ("keep 7 days", "keep 30 days", ["7"], ["30"]),
        ("a b c", "a c", ["b "], []),
        ("", "new", [], ["new"]),
        ("10.0.0.1", "10.0.0.2", ["1"], ["2"]),
        ("cafe\u0301 x", "cafe x", ["cafe\u0301"], ["cafe"]),  # an accent is never parted from its letter
        ("by 👩\u200d💻 now", "by 👩 now", ["👩\u200d💻"], ["👩"]),
    ],
)
def test_what_differs_are_whole_words(before: str, after: str, removed: list[str], added: list[str]) -> None:
    parts = words(before, after)
    assert [part.text for part in parts if part.kind is Kind.REMOVED] == removed
    assert [part.text for part in parts if part.kind is Kind.ADDED] == added


def test_texts_of_very_many_words_differ_as_a_whole_between_their_common_ends() -> None:
    before, after = ("start " + f"{word} " * 5_000 + "end" for word in "ab")
    assert [part.kind for part in words(before, after)] == [Kind.SAME, Kind.REMOVED, Kind.ADDED, Kind.SAME]
    assert one_side(before, after, Kind.REMOVED) == after


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ('{"a":1}', '{"a": 1}', ()),
        ('{"a":1,"b":2}', '{"b":2,"a":1}', ()),
        ('{"a":1}', '{"a":1.0}', (Change("a", "1", "1.0"),)),
        ('{"a":12345678901234567890123}', '{"a":12345678901234567890124}',
         (Change("a", "12345678901234567890123", "12345678901234567890124"),)),
        ('{"a":"1"}', '{"a":1}', (Change("a", '"1"', "1"),)),
        ('{"a":null}', "{}", (Change("a", "null", None),)),
        ('{"a":{"b":[1,2]}}', '{"a":{"b":[1,3],"c":{}}}', (Change("a.b[1]", "2", "3"), Change("a.c", None, "{}"))),
        ('{"a.b":1}', '{"a":{"b":1}}', (Change('"a.b"', "1", None), Change("a.b", None, "1"))),
        (None, '{"é x":"<b>"}', (Change('"é x"', None, '"<b>"'),)),
        ("1", "2", (Change("value", "1", "2"),)),
        (None, None, ()),
    ],
)  # fmt: skip
def test_json_is_compared_key_by_key(before: str | None, after: str | None, found: tuple[Change, ...]) -> None:
    assert json_changes(before, after) == found


@pytest.mark.parametrize("text", ["", "no json", '{"a":1,"a":2}', "[" * 100_000, '{"a":' * 900 + "1" + "}" * 900, "{"])
def test_what_is_no_plain_json_is_not_compared_by_keys(text: str) -> None:
    assert json_changes(text, "{}") is None or leaves(text) is not None


@given(JSON, JSON)
def test_json_texts_differ_in_no_value_only_when_they_say_the_same(one: object, other: object) -> None:
    before, after = json.dumps({"x": one}), json.dumps({"x": other})
    changes = json_changes(before, after)
    assert changes is not None
    again = json.dumps(json.loads(before), sort_keys=True) == json.dumps(json.loads(after), sort_keys=True)
    assert (changes == ()) is again
    kept = leaves(before) or {}
    assert all(kept.get(change.name) == change.before for change in changes)
