from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import UsageError
from dashboard.events.adornment import Width
from dashboard.events.filter import EventFilter
from dashboard.query.sort import Sort
from dashboard.web import url
from dashboard.web.charts.look import Compare, Form, Look, Scale
from tests.web.log.test_layout import layouts

VIEWS = st.builds(
    url.View,
    filter=st.builds(
        EventFilter,
        category=st.lists(st.text("abcÅ& =%#", min_size=1), max_size=3).map(tuple),
        not_actor=st.lists(st.text(min_size=1).filter(lambda t: "\0" not in t), max_size=2).map(tuple),
        last=st.none() | st.just("7d"),
    ),
    sort=st.builds(Sort, st.sampled_from(url.SORTABLE), st.booleans()),
    page=st.integers(1, 10**9),
    event=st.none() | st.integers(0, 2**63 - 1),
    as_of=st.none() | st.integers(0, 2**63 - 1),
    look=st.sampled_from([
        Look(), Look(form=Form.LINES, scale=Scale.LOG), Look(form=Form.SHARE, width=Width.HOUR),
        Look(width=Width.MONTH, compare=Compare.PREVIOUS),
    ]),
    layout=layouts(),
)  # fmt: skip


@given(VIEWS)
def test_a_view_comes_back_from_its_link(view: url.View) -> None:
    assert url.parse(url.to_pairs(view)) == view


@pytest.mark.parametrize(
    ("name", "value", "culprit"),
    [
        ("foo", "1", "foo"),
        ("sort", "nobody:asc", "sort"),
        ("sort", "actor", "sort"),
        ("sort", "actor:up", "sort"),
        ("page", "0", "page"),
        ("page", "abc", "page"),
        ("page", "१", "page"),
        ("event", "-1", "event"),
        ("event", "9" * 19, "event"),
        ("as_of", "1.5", "as_of"),
        ("range", "some", "range"),
        ("chart", "pie", "chart"),
        ("scale", "square", "scale"),
        ("scale", "log", "chart=lines only"),
        ("width", "2h", "width"),
        ("period", "never", "period"),
        ("columns", "actor,nobody", "columns"),
        ("columns", "actor,actor", "columns"),
        ("columns", "", "columns"),
        ("columns", "details", "columns"),
        ("widths", "actor", "widths"),
        ("widths", "actor:1e3", "widths"),
        ("widths", "actor:20", "widths"),
        ("widths", "seq:200", "widths"),
        ("density", "cosy", "density"),
        ("outcome", "great", "outcome"),
        ("since", "yesterday", "since"),
        ("ip", "10.0.0.999", "ip"),
    ],
)
def test_a_bad_link_names_its_culprit(name: str, value: str, culprit: str) -> None:
    with pytest.raises(UsageError, match=culprit):
        url.parse([("category", "Auth"), (name, value)])


@pytest.mark.parametrize(
    "pairs",
    [[("page", "1"), ("page", "2")], [("range", "all"), ("last", "7d")], [("chart", "share"), ("period", "previous")]],
)
def test_a_link_that_says_two_things_is_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(UsageError):
        url.parse(pairs)


def test_another_filter_begins_at_its_first_page_and_closes_the_event() -> None:
    view = url.View(page=7, event=3, sort=Sort("actor", descending=False))
    narrowed = view.narrowed(EventFilter(category=("Auth",)))
    assert narrowed == url.View(filter=EventFilter(category=("Auth",)), sort=view.sort)


def test_all_time_ends_when_a_window_is_given() -> None:
    view = url.View(all_time=True)
    assert view.narrowed(EventFilter(last="7d")).all_time is False
    assert view.narrowed(EventFilter(actor=("a",))).all_time is True
    assert url.View().is_default_window
    assert not replace(url.View(), all_time=True).is_default_window


def test_a_link_encodes_what_a_log_text_holds() -> None:
    link = url.link("/api/export.csv", [("actor", 'a&b=c#"><script>')])
    assert link == "/api/export.csv?actor=a%26b%3Dc%23%22%3E%3Cscript%3E"


def test_the_look_leaves_the_rows_as_they_are() -> None:
    drawn = url.View(filter=EventFilter(category=("Auth",)), look=Look(form=Form.SHARE), event=7)
    assert drawn.rows == url.View(filter=EventFilter(category=("Auth",)))


def test_a_form_takes_along_only_what_it_can_show() -> None:
    lines = Look(form=Form.LINES, scale=Scale.LOG, compare=Compare.PREVIOUS, width=Width.DAY)
    assert lines.in_form(Form.SHARE) == Look(form=Form.SHARE, width=Width.DAY)
    assert lines.in_form(Form.STACKED) == Look(compare=Compare.PREVIOUS, width=Width.DAY)
