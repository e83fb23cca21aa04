from dataclasses import replace
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.events.filter import EventFilter
from dashboard.web import url
from dashboard.web.charts import chart_filters
from dashboard.web.charts.chart_filters import Zoom, toggled

AUTH = frozenset({"Auth"})


def test_the_same_click_again_widens() -> None:
    view = url.View(page=3, filter=EventFilter(actor=("a",)))
    once = toggled(view, "category", AUTH)
    assert once == url.View(filter=EventFilter(actor=("a",), category=("Auth",)))
    assert toggled(once, "category", AUTH) == replace(view, page=1)


def test_a_value_is_wanted_or_excluded_and_never_both() -> None:
    view = url.View(filter=EventFilter(not_category=("Auth", "Repo")))
    assert toggled(view, "category", AUTH).filter == EventFilter(category=("Auth",), not_category=("Repo",))
    assert toggled(toggled(view, "category", AUTH), "not_category", AUTH).filter == view.filter


def test_a_click_that_is_delivered_twice_acts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    narrowed = toggled(url.View(), "category", AUTH, narrow=True)
    assert toggled(narrowed, "category", AUTH, narrow=True) == narrowed
    widened = toggled(narrowed, "category", AUTH, narrow=False)
    assert toggled(widened, "category", AUTH, narrow=False) == widened == url.View()
    window = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
    zooms = [Zoom(EventFilter(last=span), False, window) for span in ("7d", "1d")]
    changes: list[object] = []
    monkeypatch.setattr(chart_filters, "change", changes.append)
    monkeypatch.setattr(chart_filters.st, "session_state", state := {"zooms": zooms})
    for _ in range(2):
        chart_filters._zoom_back(zooms[1])
    assert state["zooms"] == zooms[:1]
    for _ in range(2):
        chart_filters._zoom_back(zooms[0])
    assert state["zooms"] == []
    assert len(changes) == 2


@pytest.mark.parametrize(
    ("selected", "found"),
    [
        ({"start": [2000, 1000]}, (1, 2)),
        ({}, None),
        ({"start": ["a", "b"]}, None),
        ({"start": [1]}, None),
        ("nonsense", None),
        (None, None),
    ],
)
def test_a_drag_is_two_times_in_order(selected: object, found: tuple[int, int] | None) -> None:
    times = found and tuple(datetime.fromtimestamp(second, UTC) for second in found)
    assert chart_filters._span(selected) == times


@pytest.mark.parametrize(
    ("selected", "label"),
    [([{"category": "Auth"}], "Auth"), ([{"category": 1}], None), ([{}], None), ([], None), ({}, None), ("x", None)],
)
def test_a_click_is_one_label(selected: object, label: str | None) -> None:
    assert chart_filters._picked(selected, "category") == label


@pytest.mark.parametrize("view", [url.View(), url.View(all_time=True), url.View(filter=EventFilter(last="7d"))])
def test_the_way_back_leads_to_the_window_that_was_left(view: url.View) -> None:
    window = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
    old = view.filter
    zoomed = view.narrowed(old.with_window(*window))
    assert (zoomed.filter.since, zoomed.filter.until) == window
    assert chart_filters._unzoomed(zoomed, Zoom(old, view.all_time, window)) == view


def selected(app: AppTest, key: str, pick: object) -> tuple[object, str]:
    """What acts when the browser says this of the chart, and the key of the chart that is drawn next."""
    app.session_state[key], app.session_state["said"] = {"selection": {"pick": pick, "span": {}}}, key
    app.run()
    return app.session_state["acts"], app.session_state["next"]


def test_a_replaced_chart_that_goes_leaves_the_one_in_its_place_alone() -> None:
    def page() -> None:
        import streamlit as st

        from dashboard.web.charts import chart_filters

        st.session_state["acts"] = chart_filters._taken(st.session_state["said"]).get("pick")
        st.session_state["next"] = chart_filters.chart_key("chart")

    app = AppTest.from_function(page)
    chosen = [{"category": "Auth"}]
    assert selected(app, "chart:0", chosen) == (chosen, "chart:1")
    assert selected(app, "chart:0", {}) == (None, "chart:1")
    assert selected(app, "chart:0", chosen) == (None, "chart:1"), "a slow browser sends its state once more"
    assert selected(app, "chart:1", chosen) == (chosen, "chart:2")
    other = [{"category": "Backup"}]
    assert selected(app, "chart:1", other) == (other, "chart:2"), "a second click, before the heir is there"
    assert selected(app, "chart:2", other) == (other, "chart:3")
