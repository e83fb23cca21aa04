"""What the search bar offers: names, then values with their counts, each as the language writes it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette

from dashboard.events.filter import FIELDS, TIME_FIELDS, as_text
from dashboard.events.search_text import read
from dashboard.web.log import completion
from dashboard.web.serving.routes import routes
from tests.web import sample
from tests.web.asgi import Client


def asked(before: str, after: str = "", **link: str) -> dict[str, object]:
    return completion.complete([*link.items(), (completion.BEFORE, before), (completion.AFTER, after)])


def offered(before: str, after: str = "", **link: str) -> list[tuple[str, str]]:
    offers = asked(before, after, **link)["offers"]
    assert isinstance(offers, list)
    return [(offer["text"], offer["told"]) for offer in offers]


def test_every_field_of_the_language_has_a_name_that_is_offered(log: sample.SampleService) -> None:
    assert {*FIELDS, *TIME_FIELDS} - {"search"} <= completion.NAMES.keys()
    assert [text for text, _ in offered("")] == [f"{name}:" for name in completion.NAMES]
    assert [text for text, _ in offered("last:7d AC")] == ["actor:", "action:"]
    assert [text for text, _ in offered("-s")] == ["-source:"]  # a time can't be excluded


def test_the_most_frequent_values_are_offered_with_their_counts(log: sample.SampleService) -> None:
    newest = log.events.filter(log.events["occurred_at"] >= datetime(2026, 10, 25, tzinfo=UTC))
    counts = newest["action"].value_counts(sort=True)
    found = dict(offered("action:"))
    assert found == {f'action:"{action}" ': f"{count:,}" for action, count in counts.iter_rows() if " " in action}
    assert offered("category:Backup -action:start") == [
        ('-action:"Backup Started" ', found['action:"Backup Started" '])
    ]
    assert offered("category:Auth action:start") == []
    assert offered("action:log", ' -actor:"x"')[0][0] == 'action:"Logged In"'


def test_the_state_and_the_window_are_the_link_s(log: sample.SampleService) -> None:
    assert offered("category:aut", range="all", as_of="70") == [("category:Auth ", "20")]
    assert offered("category:aut", range="all") == [("category:Auth ", f"{2 * 2_400 / 7:,.0f}")]


@pytest.mark.parametrize("before", ["nothing:x", "search:x", '"Auth', "since:20", "ip:nowhere actor:"])
def test_nothing_is_offered_where_there_is_nothing(log: sample.SampleService, before: str) -> None:
    assert offered(before) == []


def test_spans_are_offered_and_what_is_chosen_already_is_not(log: sample.SampleService) -> None:
    assert [text for text, _ in offered("last:")] == ["last:24h ", "last:7d ", "last:30d ", "last:90d "]
    assert [text for text, _ in offered("during:y")] == ["during:yesterday "]
    assert "category:Auth " in dict(offered("category:"))
    assert "category:Auth " not in dict(offered("category:Auth category:"))


HOSTILE = (
    sample.HOSTILE, '"quoted" \\', "(none)", "two  blanks", "محمد عبد الله", "👩‍💻🔥", "-minus:", "tab\tbed", "x" * 900,
)  # fmt: skip


def test_any_value_is_put_in_as_the_language_means_it(log: sample.SampleService) -> None:
    now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    log.append([sample.row(2400 + n, now - timedelta(seconds=n), target=value) for n, value in enumerate(HOSTILE)])
    unusable = ["line\nbreak", "y" * 2000]
    log.append([sample.row(2500 + n, now, target=value) for n, value in enumerate(unusable)])
    for value in HOSTILE:
        typed = re.sub(r"[\\\"]", lambda sign: "\\" + sign[0], value)
        found = {read(text).target for text, told in offered(f'target:"{typed}') if told == "1"}
        assert (as_text(value),) in found
    assert offered('target:"break') == offered('target:"yyyyyyyy') == []


def test_a_bad_link_is_refused_in_words(log: sample.SampleService) -> None:
    client = Client(Starlette(routes=routes()))
    answer = client.get(completion.PATH, {"outcome": "great", completion.BEFORE: "actor:"})
    assert (answer.status_code, "'great' is unknown" in answer.text) == (400, True)
    answer = client.get(completion.PATH, {completion.BEFORE: "x -out", completion.AFTER: "come:a b"})
    assert answer.json()["head"] == "x "
    assert answer.headers["cache-control"] == "no-store"
