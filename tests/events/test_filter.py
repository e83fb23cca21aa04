"""One filter: its link, its sentence, its mistakes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import UsageError
from dashboard.events import folding
from dashboard.events.filter import FIELDS, NONE, EventFilter, as_text, as_value
from dashboard.events.times import Period

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20).filter(
    folding.fold
)
VALUES = {
    **dict.fromkeys(FIELDS, TEXTS),
    "outcome": st.sampled_from(["success", "failure", "unknown"]),
    "clock": st.sampled_from(["ahead", "behind", NONE]),
    "regex": st.sampled_from(["a", "^x.*", "[a-c]{2}|Ü$", r"\d+"]),
    "ip": st.one_of(
        st.just(NONE),
        st.ip_addresses().map(str),
        st.tuples(st.ip_addresses(v=4), st.integers(0, 32)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
        st.tuples(st.ip_addresses(v=6), st.integers(0, 128)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    ),
}
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - given a zone


@st.composite
def filters(draw: st.DrawFn) -> EventFilter:
    times = draw(st.sampled_from(["none", "since", "until", "both", "last", "during"]))
    since = draw(TIMES)
    named = draw(st.lists(st.sampled_from([name for field in FIELDS for name in (field, f"not_{field}")]), max_size=4))
    return EventFilter(
        since=since if times in ("since", "both") else None,
        until=since + timedelta(microseconds=draw(st.integers(1, 10**9))) if times in ("until", "both") else None,
        last=f"{draw(st.integers(1, 999))}{draw(st.sampled_from('mhdw'))}" if times == "last" else None,
        during=draw(st.sampled_from(list(Period))).value if times == "during" else None,
        **{name: tuple(draw(st.lists(VALUES[name.removeprefix("not_")], max_size=3))) for name in named},
    )


@given(filters())
def test_a_link_reads_back_as_the_same_filter(some: EventFilter) -> None:
    assert EventFilter.from_params(some.to_params()) == some


@given(filters())
def test_a_sentence_is_one_line_of_visible_text(some: EventFilter) -> None:
    sentence = some.sentence(NOW)
    assert sentence
    assert folding.visible(sentence) == sentence


@given(filters())
def test_a_chip_taken_off_and_put_back_gives_the_same_filter(some: EventFilter) -> None:
    for name, texts in some.values().items():
        for text in texts:
            without = some.without(name, text)
            assert without != some
            assert without.with_values(name, (*getattr(without, name), text)) == some


@given(st.one_of(st.none(), TEXTS, st.just(NONE), st.just("\\(none)"), st.just("\\")))
def test_any_value_is_written_and_read_back(value: str | None) -> None:
    assert as_value(as_text(value)) == value


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        ([], "All events"),
        ([("category", "Auth")], "Auth events"),
        ([("category", "Backup"), ("category", "Auth"), ("actor", "ci-bot"), ("not-ip", "10.0.0.7/8"),
          ("search", "prod"), ("since", "2026-11-01"), ("until", "2026-11-08T00:00Z")],
         ("Auth or Backup events by ci-bot, except from 10.0.0.0/8, that mention “prod”, "
          "from 2026-11-01 00:00 UTC to 2026-11-08 00:00 UTC")),
        ([("last", "7d")], "Events, in the last 7 days (since 2026-11-16 08:00 UTC)"),
        ([("last", "1h")], "Events, in the last hour (since 2026-11-23 07:00 UTC)"),
        ([("during", "yesterday")], "Events, yesterday (from 2026-11-22 00:00 UTC to 2026-11-23 00:00 UTC)"),
        ([("during", "this-week")], "Events, this week (from 2026-11-23 00:00 UTC to 2026-11-23 08:00 UTC)"),
        ([("actor", "today")], "Events by “today”"),
        ([("since", "2026-11-01T00:00:30Z")], "Events, since 2026-11-01 00:00:30 UTC"),
        ([("until", "2026-11-01T00:00:00.5Z")], "Events, before 2026-11-01 00:00:00.500000 UTC"),
        ([("actor", NONE)], "Events without a named actor"),
        ([("actor", "\\(none)")], "Events by “(none)”"),
        ([("region", "Istanbul"), ("region", NONE)], "Events in region Istanbul or without a region"),
        ([("not-region", NONE)], "Events, except without a region"),
        ([("actor", "bob or eve")], "Events by “bob or eve”"),
        ([("actor", "a\x1b[31m“x”")], "Events by “a\\u{1b}[31m\\u{201c}x\\u{201d}”"),
        ([("clock", "ahead"), ("outcome", "failure")], "Events with outcome failure whose clock is ahead"),
        ([("target", str(n)) for n in range(9)], "Events on 0 or 1 or 2 or 3 or 4 or 4 more"),
    ],
)  # fmt: skip
def test_a_filter_says_itself(pairs: list[tuple[str, str]], sentence: str) -> None:
    assert EventFilter.from_params(pairs).sentence(NOW) == sentence


@pytest.mark.parametrize(
    ("pairs", "culprit"),
    [
        ([("categroy", "Auth")], "categroy"),
        ([("not_category", "Auth")], "not_category"),
        ([("not-since", "2026-11-01")], "not-since"),
        ([("outcome", "failed")], "outcome"),
        ([("outcome", NONE)], "outcome"),
        ([("clock", "late")], "clock"),
        ([("ip", "localhost")], "ip"),
        ([("ip", "10.0.0.0/33")], "ip"),
        ([("ip", "")], "ip"),
        ([("not-ip", "10.0.0")], "not-ip"),
        ([("since", "yesterday")], "since"),
        ([("until", "1969-01-01")], "until"),
        ([("last", "7")], "last"),
        ([("last", "7d"), ("since", "2026-11-01")], "last"),
        ([("last", "7d"), ("last", "8d")], "last"),
        ([("during", "tomorrow")], "during"),
        ([("during", "today"), ("last", "8d")], "during"),
        ([("during", "today"), ("until", "2026-11-01")], "during"),
        ([("since", "2026-11-02"), ("until", "2026-11-01")], "until"),
        ([("since", "2026-11-02"), ("until", "2026-11-02")], "until"),
        ([("search", "")], "search"),
        ([("search", "\u0307")], "search"),
        ([("actor", "a\0b")], "actor"),
        ([("actor", "\udc80")], "actor"),
        ([("not-actor", "x" * 5000)], "not-actor"),
    ],
)
def test_a_bad_link_is_an_error_that_names_the_culprit(pairs: list[tuple[str, str]], culprit: str) -> None:
    with pytest.raises(UsageError) as caught:
        EventFilter.from_params(pairs)
    assert culprit in caught.value.message


def test_an_unknown_name_is_told_how_exclusions_are_written() -> None:
    with pytest.raises(UsageError) as caught:
        EventFilter.from_params([("not_region", "Istanbul")])
    assert "with not- before them" in caught.value.hint


def test_names_of_other_things_in_the_link_are_passed_over_only_when_told() -> None:
    pairs = [("sort", "actor"), ("category", "Auth")]
    assert EventFilter.from_params(pairs, ignore={"sort"}) == EventFilter(category=("Auth",))
    with pytest.raises(UsageError):
        EventFilter.from_params(pairs)


def test_equal_filters_are_equal_however_they_are_written() -> None:
    one = EventFilter(category=("B", "A", "B"), ip=("10.1.2.3/8", "::ffff:10.0.0.1", "2001:DB8::1/128"), last=" 7D ")
    assert one.category == ("A", "B")
    assert one.ip == ("10.0.0.0/8", "10.0.0.1", "2001:db8::1")
    assert one.last == "7d"


def test_a_span_stays_relative_until_it_is_fixed() -> None:
    some = EventFilter(last="2h")
    assert some.to_params() == [("last", "2h")]
    assert some.at(NOW) == EventFilter(since=NOW - timedelta(hours=2), until=NOW)
    period = EventFilter(during="Last-Week")
    assert period.to_params() == [("during", "last-week")]
    assert period.at(NOW) == EventFilter(since=NOW.replace(day=16, hour=0), until=NOW.replace(hour=0))
    assert EventFilter(actor=("a",), last="2h").timed_as(period) == EventFilter(actor=("a",), during="last-week")


@pytest.mark.parametrize(("text", "folded"), [
    ("İstanbul", "istanbul"), ("ISTANBUL", "istanbul"), ("ΟΔΟΣ", "οδοσ"), ("οδος", "οδοσ"),
    ("\u212a", "k"), ("Straße", "straße"),
])  # fmt: skip
def test_folding_makes_what_people_take_for_one_text_one_text(text: str, folded: str) -> None:
    assert folding.fold(text) == folded
