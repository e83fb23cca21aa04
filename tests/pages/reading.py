"""How a test opens a page and reads it."""

from urllib.parse import parse_qsl, urlsplit

import pandas as pd
from streamlit.testing.v1 import AppTest

from dashboard.paths import APP, PAGES
from dashboard.query import views
from dashboard.web import url
from dashboard.web.answers import effective
from dashboard.web.log import shown_rows
from tests.web import sample


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


def log_rows(at: AppTest) -> pd.DataFrame:
    """What the log's table shows, by the columns' names."""
    shown: pd.DataFrame = at.dataframe[0].value
    return shown.rename(columns=shown_rows.name_of).drop(columns="")  # the turn's own, which is hidden


def texts(at: AppTest) -> str:
    return "\n".join(str(element.value) for kind in (at.text, at.caption, at.markdown) for element in kind)


def links(at: AppTest) -> list[tuple[str, str]]:
    """Label and address of each link to a page."""
    found = []
    for link in at.get("page_link"):
        proto = link.proto
        found.append((proto.label, f"{proto.page}?{proto.query_string}"))
    return found


def table(at: AppTest, said: str) -> pd.DataFrame:
    """The table that says this for those who don't see it."""
    return next(one.value for one in at.dataframe if said in str(one.proto))


def cells(at: AppTest, said: str) -> list[tuple[int, str]]:
    """Number and address of each cell of such a table that is a link."""
    found = [
        str(cell) for row in table(at, said).to_numpy().tolist() for cell in row if str(cell).startswith("audit-logs?")
    ]
    return [(int(cell.rsplit("#", 1)[1].replace(",", "")), cell.rsplit("#", 1)[0]) for cell in found]


def counted(log: sample.SampleService, link: str) -> int:
    """How many events the log's page shows for a link."""
    view = url.parse(parse_qsl(urlsplit(link).query, keep_blank_values=True))
    engine = log.engine(view.as_of)
    return views.count(engine, effective(log, engine, view))
