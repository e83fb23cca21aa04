"""Saved views on the log's page: saved, opened, starred, changed, deleted; private to whoever saved them."""

from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard.paths import APP, PAGES
from dashboard.record.saved_views import Draft
from dashboard.web.page_list import LOG_PATH
from dashboard.web.saved import reader
from tests.pages.reading import again, log_rows, texts
from tests.web import sample

SECRET = "s" * 43
KEY = reader._key("browser", SECRET)


def opened(*, menu: bool = True, user: str | None = None, **params: str) -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=120)
    at._page_hash = calc_hash(LOG_PATH)
    at.user = {"is_logged_in": True, "sub": user, "email": f"{user}@x.example"} if user else {"is_logged_in": False}
    for name, value in params.items():
        at.query_params[name] = value
    at.session_state["views-menu"] = menu
    return again(at)


def click(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click()
    return again(at)


def link(at: AppTest) -> list[tuple[str, str]]:
    pairs = ((name, value if isinstance(value, list) else [value]) for name, value in at.query_params.items())
    return [(name, text) for name, texts in pairs for text in texts]


def kept(
    log: sample.SampleService, owner: bytes = KEY, *, shared: bool = False, name: str = "Old", said: str = ""
) -> int:
    return log.saved.keep(
        Draft(name=name, description=said, link="category=Auth&density=compact", shared=shared), owner, None
    )


def test_what_is_on_screen_is_saved_and_comes_back(log: sample.SampleService, cookie: dict[str, str]) -> None:
    cookie["secret"] = SECRET
    at = opened(outcome="failure", last="30d", columns="seq,actor", chart="lines", sort="actor:asc", page="2")
    click(at, "view-new")
    at.text_input(key="view-name:0").set_value("Failures")
    at.text_area(key="view-said:0").set_value("what broke")
    click(at, "view-save")
    ((number, (owner, _, draft)),) = log.saved.kept.items()
    assert (owner, draft.name, draft.description, draft.shared) == (KEY, "Failures", "what broke", False)
    asked = [
        ("outcome", "failure"),
        ("last", "30d"),
        ("columns", "seq,actor"),
        ("chart", "lines"),
        ("sort", "actor:asc"),
    ]
    assert sorted(parse_qsl(draft.link)) == sorted(asked)
    other = opened()
    click(other, f"view-open:{number}")
    assert sorted(link(other)) == sorted(asked)
    assert list(log_rows(other).columns) == ["seq", "actor"]


def test_a_private_view_is_not_another_browser_s_and_a_shared_one_is(
    log: sample.SampleService, cookie: dict[str, str]
) -> None:
    kept(log, name="Mine"), kept(log, shared=True, name="Ours")
    labels = {}
    for secret in ("", "t" * 43, SECRET):
        cookie["secret"] = secret
        at = opened()
        labels[secret] = [button.label for button in at.button if str(button.key).startswith("view-open:")]
    assert labels == {"": ["Ours"], "t" * 43: ["Ours"], SECRET: ["Mine", "Ours"]}


def test_an_account_s_view_is_the_account_s_in_any_browser(log: sample.SampleService, cookie: dict[str, str]) -> None:
    cookie["secret"] = SECRET
    at = opened(user="anna")
    click(at, "view-new")
    at.text_input(key="view-name:0").set_value("Hers")
    click(at, "view-save")
    cookie["secret"] = ""
    assert any(button.label == "Hers" for button in opened(user="anna").button)
    assert not any(button.label == "Hers" for button in opened(user="ben").button)
    assert log.saved.kept[1][1] == "anna@x.example"


def test_a_browser_without_cookies_can_only_share(log: sample.SampleService) -> None:
    at = opened()
    click(at, "view-new")
    assert "may change or delete it" in texts(at)
    at.text_input(key="view-name:0").set_value("Ours")
    click(at, "view-save")
    assert log.saved.kept[1][0] == reader.NOBODY
    assert log.saved.kept[1][2].shared
    assert at.button(key="view-star:1").disabled


def test_a_name_is_wanted_and_hostile_ones_are_text(log: sample.SampleService, cookie: dict[str, str]) -> None:
    cookie["secret"] = SECRET
    at = opened()
    click(at, "view-new")
    click(at, "view-save")
    assert "A view needs a name" in str(at.error[0].value).replace("\\", "")
    assert log.saved.kept == {}
    kept(log, name=sample.HOSTILE, said=sample.HOSTILE)
    at = opened()
    label = at.button(key="view-open:1").label
    assert "**bold**" not in label
    assert label.replace("\\", "").startswith("<script>alert(1)</script> **bold**")


def test_the_log_opens_with_the_default_when_it_is_come_to_and_then_as_it_is_asked(
    log: sample.SampleService, cookie: dict[str, str]
) -> None:
    cookie["secret"] = SECRET
    number = kept(log)
    log.saved.open_with(number, KEY)
    at = opened(menu=False)
    assert sorted(link(at)) == [("category", "Auth"), ("density", "compact")]
    assert set(log_rows(at)["category"]) == {"Auth"}
    next(button for button in at.button if button.label.startswith("Category")).click()
    again(at)
    assert link(at) == [("density", "compact")]
    assert set(log_rows(at)["category"]) > {"Auth"}
    assert ("actor", "nobody") in link(opened(menu=False, actor="nobody"))
    at.switch_page(str(PAGES / "overview.py"))
    again(at)
    at.query_params.clear()
    at.switch_page(str(PAGES / "audit_logs.py"))
    assert ("category", "Auth") in link(again(at))


def test_a_view_is_starred_renamed_updated_and_deleted_after_a_second_look(
    log: sample.SampleService, cookie: dict[str, str]
) -> None:
    cookie["secret"] = SECRET
    first, second = kept(log, name="A"), kept(log, name="B", shared=True)
    at = opened()
    click(at, f"view-star:{second}")
    assert [str(b.key) for b in at.button if "view-open" in str(b.key)] == [f"view-open:{second}", f"view-open:{first}"]
    click(at, f"view-open:{first}")
    assert not at.session_state["views-menu"]
    at.query_params["outcome"] = "failure"
    at.session_state["views-menu"] = True
    again(at)
    click(at, "view-update")
    assert "outcome=failure" in log.saved.kept[first][2].link
    click(at, f"view-edit:{second}")
    at.text_input(key=f"view-name:{second}").set_value("Better")
    at.checkbox(key=f"view-first:{second}").set_value(True)
    click(at, "view-save")
    assert log.saved.kept[second][2].name == "Better"
    assert log.saved.choice(KEY).view == second
    at.session_state["views-menu"] = True
    again(at)
    click(at, f"view-edit:{second}")
    assert at.button(key="view-delete").disabled
    at.checkbox(key=f"view-sure:{second}").set_value(True)
    again(at)
    click(at, "view-delete")
    assert list(log.saved.kept) == [first]


@pytest.mark.parametrize("menu", [False, True])
def test_a_closed_menu_asks_nothing(log: sample.SampleService, cookie: dict[str, str], menu: bool) -> None:
    cookie["secret"] = SECRET
    opened(menu=menu)
    assert (log.saved.asked > 0) is menu


def test_a_view_that_an_erasure_emptied_says_so(log: sample.SampleService, cookie: dict[str, str]) -> None:
    cookie["secret"] = SECRET
    kept(log)
    whose, by, draft = log.saved.kept[1]
    for name in ("name", "description", "link"):
        object.__setattr__(draft, name, None)
    at = opened()
    assert "Emptied: it named an erased person" in texts(at)
    assert whose == KEY
    assert by is None


def test_the_zone_of_times_is_the_reader_s_on_his_next_visit(log: sample.SampleService, cookie: dict[str, str]) -> None:
    cookie["secret"] = SECRET
    log.zone = "Asia/Kolkata"
    at = opened(menu=False)
    at.selectbox(key="zone-choice").set_value("organisation")
    again(at)
    assert log.saved.choices[KEY] == (None, "organisation")
    assert "+05:30" in log_rows(opened(menu=False))["occurred_at"][0]
    cookie["secret"] = "t" * 43
    assert "UTC" in log_rows(opened(menu=False))["occurred_at"][0]
