import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.events.difference import Kind
from dashboard.web import text
from dashboard.web.event import marked
from tests.web import sample

HOSTILE = [
    sample.HOSTILE, '"><img src=x onerror=alert(1)>', "</ins></td></table><script>", "' onmouseover='x", "&lt;b&gt;",
    "\u202eevil", "שלום עולם", "مرحبا", "👩\u200d💻🔥", "x" * 5_000, "word " * 1_000,
    "www.evil.example me@evil.example", "\x00\x1b[31m", "a\nb\tc",
]  # fmt: skip
TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=80)
OURS = {"div", "span", "ins", "del", "table", "thead", "tbody", "tr", "th", "td"}


class Read(HTMLParser):
    """What a browser would make of it: the tags, their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def every_kind(one: str, other: str) -> list[str]:
    return [
        marked.text_of(one), marked.heading(one), marked.quiet(one), marked.difference(one, other),
        marked.side(one, other), marked.first(one, [other, one[:3]]), marked.whole(one, Kind.ADDED),
        marked.changed(one, marked.text_of(other)), marked.table([one, other], [(one, [marked.text_of(other)] * 2)]),
    ]  # fmt: skip


@given(TEXTS, TEXTS)
def test_nothing_of_a_log_s_text_becomes_markup(one: str, other: str) -> None:
    for html in every_kind(one, other):
        found = Read(html)
        assert set(found.tags) <= OURS
        assert found.attributes <= {"style", "dir", "scope", "role", "aria-level", "aria-label", "tabindex"}
        assert not any(character in found.text for character in "\u202e\x00\x1b")


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_side_shows_its_whole_text(one: str, other: str) -> None:
    shown = text.several_lines(one, 4_000)
    for html in (marked.side(one, other), marked.first(one, [other]), marked.text_of(one)):
        assert re.sub(r"\s", "", Read(html).text) == re.sub(r"\s", "", shown)


def test_a_word_that_differs_is_marked_where_it_stands() -> None:
    found = marked.difference("keep 7 days <b>", "keep 30 days <b>")
    assert re.sub(r' style="[^"]*"', "", found) == "keep <del>7</del><ins>30</ins> days &lt;b&gt;"


def test_texts_without_a_common_word_stand_one_behind_the_other() -> None:
    assert Read(marked.difference("Logged In", "User Invited")).text == "Logged In → User Invited"


def test_a_long_stretch_that_is_equal_is_shortened_and_a_long_text_bounded() -> None:
    long = "same " * 1_000
    found = Read(marked.difference(f"a {long}", f"b {long}")).text
    assert len(found) < 250
    assert " … " in found
    assert len(Read(marked.whole("x" * 50_000, Kind.ADDED)).text) < 4_010


@pytest.mark.parametrize("columns", [1, 6])
def test_a_table_is_as_wide_as_its_columns_need(columns: int) -> None:
    html = marked.table(["e"] * columns, [("Actor", ["a"] * columns)])
    assert f"min-width:{120 + 190 * columns}px" in html
    assert Read(html).tags.count("td") == columns + 1
