"""A callback that a newer request interrupts still does all it has to."""

import pytest
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.testing.v1 import AppTest

from dashboard.web.serving import whole_callbacks


def page() -> None:
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    def clicked() -> None:
        context = get_script_run_ctx()
        assert context is not None
        context.session_state._yield_callback.__self__.request_stop()  # as the server does for a newer request
        st.session_state["one"] = True
        st.query_params["two"] = "yes"

    st.button("Click", on_click=clicked)
    st.session_state["drawn"] = st.session_state.get("drawn", 0) + 1


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    for owner, name in [
        (ScriptRunner, "_maybe_handle_execution_control_request"),
        (SafeSessionState, "on_script_will_rerun"),
    ]:
        method = getattr(owner, name)
        monkeypatch.setattr(owner, name, getattr(method, "__wrapped__", method))
    return AppTest.from_function(page)


def done(app: AppTest) -> tuple[bool, bool, int]:
    app.run().button[0].click().run()
    return "one" in app.session_state, "two" in app.query_params, app.session_state["drawn"]


def test_it_ends_and_then_the_run_stops(app: AppTest) -> None:
    whole_callbacks.install()
    assert done(app) == (True, True, 1)


def test_streamlit_alone_still_breaks_it_off(app: AppTest) -> None:
    assert done(app) == (False, False, 1), "Streamlit has mended it: whole_callbacks can go"
