"""The table's columns: as the link says, changed by their menu, and none of it in the files."""

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard.paths import APP
from dashboard.web.log.layout import USUAL
from dashboard.web.page_list import LOG_PATH
from tests.pages.reading import again, log_rows
from tests.web import sample


def opened(*, menu: bool = False, **params: str) -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=120)
    at._page_hash = calc_hash(LOG_PATH)
    for name, value in params.items():
        at.query_params[name] = value
    at.session_state["columns-menu"] = menu
    return again(at)


def param(at: AppTest, name: str) -> str | None:
    value = at.query_params.get(name)
    return value[0] if isinstance(value, list) else value


def test_the_link_s_columns_are_shown_in_their_order_and_the_files_keep_theirs(log: sample.SampleService) -> None:
    at = opened(columns="target,user_agent,occurred_at,country", density="compact", sort="target:desc")
    table = log_rows(at)
    newest = log.events.sort("target", "occurred_at", descending=True)
    assert list(table.columns) == ["target", "user_agent", "occurred_at", "country"]
    assert table["target"].tolist() == newest["target"][:100].to_list()
    assert table["user_agent"].tolist() == ["curl/8.5.0"] * 100
    assert set(table["country"]) == {"TR", "—"}
    files = "".join(html.proto.body for html in at.get("html"))
    assert "/api/export.csv?" in files
    assert "columns" not in files


def test_the_menu_moves_sizes_adds_and_takes_away_and_goes_back(log: sample.SampleService) -> None:
    at = opened(menu=True)
    at.button(key="column-right:outcome").click()
    again(at)
    assert param(at, "columns") == ",".join(("actor", "outcome", *USUAL[2:]))
    at.number_input(key="column-width:actor:1").set_value(200)
    again(at)
    at.selectbox(key="column-more:1").set_value("target")
    again(at)
    at.button(key="column-off:region").click()
    again(at)
    assert param(at, "widths") == "actor:200"
    assert list(log_rows(at).columns) == (param(at, "columns") or "").split(",")
    assert list(log_rows(at).columns)[-2:] == ["occurred_at", "target"]
    at.button(key="columns-usual").click()
    again(at)
    assert param(at, "columns") is None
    assert list(log_rows(at).columns) == list(USUAL)


def test_a_closed_menu_draws_nothing(log: sample.SampleService) -> None:
    at = opened()
    assert not [box for box in at.number_input if str(box.key).startswith("column-width")]
