"""How a test opens a page and reads it."""

from streamlit.testing.v1 import AppTest

from dashboard.paths import APP, PAGES


def opened(page: str | None, **params: str | list[str]) -> AppTest:
    """A page by its script's name, the address without a path for none."""
    at = AppTest.from_file(str(APP), default_timeout=120)
    if page is not None:
        at.switch_page(str(PAGES / page))
    for name, value in params.items():
        at.query_params[name] = value
    return again(at)


def again(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception
    return at


def texts(at: AppTest) -> str:
    return "\n".join(str(element.value) for kind in (at.text, at.caption, at.markdown) for element in kind)


def links(at: AppTest) -> list[tuple[str, str]]:
    """Label and address of each link to a page."""
    found = []
    for link in at.get("page_link"):
        proto = link.proto
        found.append((proto.label, f"{proto.page}?{proto.query_string}"))
    return found
