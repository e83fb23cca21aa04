import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.events.times import Period
from dashboard.web import url
from dashboard.web.log import chips, time_menu

CHOICES = st.one_of(
    st.sampled_from([*time_menu.RANGES, *Period]),
    st.tuples(st.integers(1, 999_999), st.sampled_from("mhdw")).map(lambda pair: f"{pair[0]}{pair[1]}"),
)


@given(CHOICES)
def test_a_relative_range_stays_relative_in_its_link(chosen: str) -> None:
    view = url.parse([("actor", "a"), ("since", "2026-11-01"), ("page", "3")])
    ranged = url.parse(url.to_pairs(time_menu.in_range(view, chosen)))
    assert time_menu.range_of(ranged) == chosen
    assert not ranged.filter.since
    assert not ranged.filter.until
    assert ranged.filter.actor == ("a",)
    assert ranged.page == 1


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ([], "Newest 30 days"),
        ([("range", "all")], "All time"),
        ([("last", "7d")], "Last 7 days"),
        ([("last", "36h")], "Last 36 hours"),
        ([("last", "1w")], "Last 1 week"),
        ([("during", "yesterday")], "Yesterday (UTC)"),
        ([("since", "2026-11-01")], "Custom time"),
    ],
)
def test_the_button_says_which_times_are_shown(link: list[tuple[str, str]], said: str) -> None:
    assert time_menu.title(url.parse(link)) == said


def test_a_chip_says_the_same_and_takes_it_away() -> None:
    view = url.parse([("during", "last-month"), ("actor", "a")])
    time_chip, actor = chips.active(view)
    assert (time_chip.words, actor.words) == ("Last month (UTC)", "Actor: a")
    assert chips.without(view, time_chip) == url.parse([("actor", "a")])
