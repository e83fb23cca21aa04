"""Widgets that follow the link: a person's newest click counts, whatever else the browser still says."""

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from dashboard.web.held import following

    def choose(chosen: str | None) -> None:
        st.session_state["chosen"] = chosen or "day"
        st.session_state["heard"] = [*st.session_state.get("heard", []), chosen]

    chosen = st.session_state.get("chosen", "day")
    spans, periods = ["day", "week"], ["last month", "last quarter"]
    st.radio("Span", spans, index=None, **following("span", chosen if chosen in spans else None, choose))
    st.pills("Period", periods, **following("period", chosen if chosen in periods else None, choose))
    if chosen == "day":
        st.text_input("Note", **following("note", "", choose))
    st.text(chosen)


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(page).run()


def states(app: AppTest) -> list[WidgetState]:
    """What the browser sends with whatever it asks."""
    widgets = [*app.radio, *app.button_group, *app.text_input]
    return [widget._widget_state for widget in widgets]


def asks(app: AppTest, said: list[WidgetState]) -> str:
    app._run(WidgetStates(widgets=said))
    return shown(app)


def shown(app: AppTest) -> str:
    assert not app.exception
    return str(app.text[0].value)


def test_a_request_that_still_says_what_was_chosen_before_undoes_nothing(app: AppTest) -> None:
    before = states(app)
    app.button_group[0].select("last quarter")
    clicked = app.button_group[0]._widget_state
    app.run()
    assert shown(app) == "last quarter"
    assert app.radio[0].value is None
    assert asks(app, [before[0], clicked]) == "last quarter"
    assert asks(app, [*before, *states(app)]) == "last quarter"
    assert app.session_state["heard"] == ["last quarter"]


def test_what_is_chosen_once_more_counts(app: AppTest) -> None:
    for chosen in ("last quarter", "last month", "last quarter"):
        app.button_group[0].select(chosen).run()
        assert shown(app) == chosen
    app.radio[0].set_value("day").run()
    app.radio[0].set_value("week").run()
    assert shown(app) == "week"
    assert app.button_group[0].value is None


def test_a_click_on_a_widget_that_is_being_replaced_counts_once(app: AppTest) -> None:
    replaced = app.radio[0].set_value("week")._widget_state
    app.button_group[0].select("last quarter")
    app._run(WidgetStates(widgets=[app.button_group[0]._widget_state]))
    assert asks(app, [replaced]) == "week"
    app.button_group[0].select("last month").run()
    assert asks(app, [replaced, *states(app)]) == "last month"


def test_a_widget_that_is_gone_says_nothing_any_more(app: AppTest) -> None:
    before = states(app)
    app.text_input[0].set_value("typed").run()
    assert shown(app) == "typed"
    typed = before[-1]
    typed.string_value = "typed"
    app.radio[0].set_value("week").run()
    assert asks(app, [typed, *states(app)]) == "week"
    assert app.session_state["heard"] == ["typed", "week"]


def test_a_widget_that_says_it_already_stays(app: AppTest) -> None:
    app.radio[0].set_value("week").run()
    key = app.radio[0].key
    assert app.run().radio[0].key == key
    app.button_group[0].select("last month").run()
    assert app.radio[0].key != key
