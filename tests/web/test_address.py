from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.web import address


def page() -> None:
    import streamlit as st

    from dashboard.web import address

    def write(category: str) -> None:
        address.write([("category", category)] if category else [])

    for category in ("Auth", "Backup", ""):
        st.button(category or "none", on_click=write, args=(category,))
    st.text(repr(list(address.current())))


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(page).run()


def click(app: AppTest, label: str) -> str:
    next(button for button in app.button if button.label == label).click().run()
    return shown(app)


def shown(app: AppTest) -> str:
    assert not app.exception
    return app.text[0].value


def say(app: AppTest, category: str | None) -> str:
    """The browser asks with this address."""
    app.query_params.clear()
    if category is not None:
        app.query_params["category"] = category
    app.run()
    return shown(app)


AUTH, BACKUP = "[('category', 'Auth')]", "[('category', 'Backup')]"


def test_what_was_written_counts_though_the_browser_still_says_the_address_of_before(app: AppTest) -> None:
    assert click(app, "Auth") == AUTH
    assert say(app, None) == AUTH
    assert app.query_params["category"] == "Auth"  # told once more
    assert click(app, "Backup") == BACKUP
    assert say(app, None) == BACKUP
    assert say(app, "Auth") == BACKUP
    assert click(app, "none") == "[]"
    assert say(app, "Backup") == "[]"


def test_a_click_on_what_the_browser_has_not_heard_of_yet_adds_to_it(app: AppTest) -> None:
    click(app, "Auth")
    app.query_params.clear()
    assert click(app, "Backup") == BACKUP
    assert say(app, "Auth") == BACKUP


def test_another_address_counts_at_once(app: AppTest) -> None:
    click(app, "Auth")
    assert say(app, "Restore") == "[('category', 'Restore')]"


def test_an_address_of_before_counts_later(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    click(app, "Auth")
    monkeypatch.setattr(address, "_ON_ITS_WAY_SECONDS", 0.0)
    assert say(app, None) == "[]"


def test_who_goes_back_by_the_browser_gets_the_address_of_before(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    click(app, "Auth")
    with monkeypatch.context() as patched:
        patched.setattr(address, "get_script_run_ctx", lambda: SimpleNamespace(is_history_navigation=True))
        assert say(app, None) == "[]"
    assert say(app, None) == "[]"


def paged() -> None:
    import streamlit as st

    from dashboard.web import address

    address.of_page(st.session_state.get("page", "log"))
    st.button("Auth", on_click=address.write, args=([("category", "Auth")],))
    st.text(repr(list(address.current())))


def test_another_page_s_address_is_its_own() -> None:
    app = AppTest.from_function(paged).run()
    assert click(app, "Auth") == AUTH
    assert say(app, None) == AUTH
    app.session_state["page"] = "weekly"
    assert say(app, None) == "[]"
