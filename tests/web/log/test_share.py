from datetime import UTC, datetime, timedelta

import pytest

from dashboard.query import views
from dashboard.web import answers, url
from dashboard.web.log import share
from tests.web import sample

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LINKS = [
    "",
    "last=7d&category=Auth",
    "range=all&sort=actor:asc",
    "since=2026-11-01&not-region=(none)&page=2",
    "as_of=150",
    "during=this-week&columns=seq,actor&density=compact",
]


@pytest.mark.parametrize("link", LINKS)
def test_a_pinned_link_shows_the_same_rows_when_the_log_has_grown_and_time_has_passed(link: str) -> None:
    log = sample.SampleService(sample.frame(400, NOW))
    log.now = NOW
    pairs = [tuple(pair.split("=")) for pair in link.split("&") if pair]
    screen = answers.open_screen(log, url.parse(pairs))  # type: ignore[arg-type]
    pinned = url.parse(url.to_pairs(share.pinned(screen)))
    before = views.log_page(screen.engine, screen.wanted, screen.view.sort, 0, 100)
    log.append([sample.row(400 + n, NOW - timedelta(minutes=n), category="Auth") for n in range(20)])
    log.now = NOW + timedelta(days=3)
    later = answers.open_screen(log, pinned)
    assert later.as_of == screen.as_of < log.size
    assert later.view.page == screen.view.page
    assert views.log_page(later.engine, later.wanted, later.view.sort, 0, 100).equals(before)


def test_a_link_that_moves_on_asks_anew() -> None:
    view = url.parse([("last", "7d"), ("as_of", "9")])
    assert url.to_pairs(share.unpinned(view)) == [("last", "7d")]
