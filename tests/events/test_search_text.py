"""What is typed is a filter, a filter is what is typed, and a mistake is pointed at."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.errors import UsageError
from dashboard.events.filter import EventFilter
from dashboard.events.search_text import read, write
from tests.events.test_filter import filters
from tests.thorough import cases


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", EventFilter()),
        (
            "actor:ci-bot -category:Backup outcome:failure",
            EventFilter(actor=("ci-bot",), not_category=("Backup",), outcome=("failure",)),
        ),
        ('ip:10.0.0.0/8 region:"New York"', EventFilter(ip=("10.0.0.0/8",), region=("New York",))),
        ('"exact words" wild* last:7d', EventFilter(search=("exact words",), prefix=("wild",), last="7d")),
        ("during:yesterday", EventFilter(during="yesterday")),
        ("two  words", EventFilter(search=("two words",))),
        ('"two" "texts"', EventFilter(search=("texts", "two"))),
        ("-word -wild*", EventFilter(not_search=("word",), not_prefix=("wild",))),
        ("before:2026-11-01", EventFilter(until=datetime(2026, 11, 1, tzinfo=UTC))),
        ("after:2026-11-01T10:00Z Actor:x", EventFilter(since=datetime(2026, 11, 1, 10, tzinfo=UTC), actor=("x",))),
        ('actor:(none) actor:"say \\"hi\\" \\\\ bye"', EventFilter(actor=("(none)", 'say "hi" \\ bye'))),
        ("- *", EventFilter(search=("- *",))),
        ('regex:^a+$ exact:"A b"', EventFilter(regex=("^a+$",), exact=("A b",))),
    ],
)  # fmt: skip
def test_a_line_means_a_filter(text: str, wanted: EventFilter) -> None:
    assert read(text) == wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a https://x", "Character 3: 'https' is not a field"),
        ("actor: x", "Character 7: actor: has no value"),
        ('x "never ends', "Character 3: a quotation that does not end"),
        ("x outcome:good", "Character 3: outcome: 'good' is unknown"),
        ("-last:7d", "Character 2: last can't be excluded"),
        ("x during:soon", "Character 3: during: 'soon' is unknown"),
        ("last:7d last:8d", "Character 9: last: is given twice"),
        ("ip:1.2.3.4 ip:nowhere", "Character 12: ip: 'nowhere' is neither an address nor a network"),
        ("regex:(a", "Character 1: regex: has a ( without its )"),
    ],
)
def test_a_mistake_is_pointed_at(text: str, message: str) -> None:
    with pytest.raises(UsageError) as wrong:
        read(text)
    assert wrong.value.message.startswith(message)


@settings(max_examples=cases(300))
@given(filters())
def test_what_is_written_reads_back_as_the_same_filter(some: EventFilter) -> None:
    assert read(write(some)) == some
    assert write(read(write(some))) == write(some)


@settings(max_examples=cases(500))
@given(st.text('ab:-"\\* (\t1', max_size=12))
def test_any_line_is_read_or_refused(text: str) -> None:
    try:
        some = read(text)
    except UsageError:
        return
    assert read(write(some)) == some
