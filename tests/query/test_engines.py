"""Any filter, any order: archive and record give equal frames, and table, chart, count and file agree."""

from datetime import timedelta

import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from sqlalchemy.dialects.postgresql import ARRAY

from dashboard.events.adornment import Bucket, Width
from dashboard.events.columns import SCHEMA
from dashboard.events.filter import FIELD_COLUMNS, FIELDS, NONE, EventFilter, as_text
from dashboard.events.folding import fold
from dashboard.query import narrow, streaming, views
from dashboard.query.engine import Engine
from dashboard.query.sort import Sort
from dashboard.record import narrow as record_narrow
from dashboard.record.relation import folding_collation
from tests.query.conftest import ACTIONS, ADDRESSES, CATEGORIES, EVENTS, NOW, TEXTS, Both
from tests.thorough import cases

pytestmark = pytest.mark.long

OPEN = st.sampled_from([*map(as_text, TEXTS), NONE, "Istanbul", "no such"])
PATTERNS = [
    "^istanbul$", "STAN|zü", r"^\d+\.\d+\.0\.[12]$", "[ßẞ]", "[^a-z]$", r"\s", r"\W{3}", "^.$", "a.b", r"\\", r"^\(",
    "(lo|fa)[gi]+", "σ$", "İ", "[α-ω]{2,}", r"[\]\[^-]", "x?y*", "日.語", "👩", "o{2}",
]  # fmt: skip
VALUES = {
    **dict.fromkeys(FIELDS, OPEN),
    "category": st.sampled_from([*map(as_text, CATEGORIES), NONE]),
    "action": st.sampled_from(ACTIONS),
    "outcome": st.sampled_from(["success", "failure", "unknown"]),
    "source": st.sampled_from(["app", "App", "“x”"]),
    "clock": st.sampled_from(["ahead", "behind", NONE]),
    "ip": st.sampled_from([
        *ADDRESSES, NONE, "1.2.3.4", "10.0.0.0/8", "10.0.0.0/30", "0.0.0.0/0", "::/0", "2001:db8::/32", "::/96",
        "fe80::/10",
    ]),
    "prefix": st.sampled_from([*(text for text in TEXTS if fold(text)), "login", "İ", "10.", "%", "PLAIN İ"]),
    "exact": st.sampled_from([*(text for text in TEXTS if fold(text)), "LOGIN FAILED", "istanbul", "10.0.0.1"]),
    "regex": st.sampled_from(PATTERNS),
    "search": st.one_of(
        st.sampled_from([text for text in TEXTS if fold(text)]),
        st.sampled_from([
            "STAN", "i", "İ", "σ", "Σ", "%", "_", "\\", "'", '"', "2001:", "0.0", "login", "\n", "zü", "k",
        ]),
    ),
}  # fmt: skip
UNICODE_17 = (0xA7CE, 0xA7D2, 0xA7D4, *range(0x16EA0, 0x16ED4))
TIMES = st.integers(-130 * 24 * 60, 10).map(lambda minutes: NOW + timedelta(minutes=minutes))


@st.composite
def filters(draw: st.DrawFn) -> EventFilter:
    since, until = draw(st.one_of(st.none(), TIMES)), draw(st.one_of(st.none(), TIMES))
    if since and until and since >= until:
        since, until = until, since + timedelta(minutes=1)
    last = draw(st.sampled_from([None, None, "2h", "30d"])) if not (since or until) else None
    named = draw(st.lists(st.sampled_from([name for field in FIELDS for name in (field, f"not_{field}")]), max_size=3))
    values = {name: tuple(draw(st.lists(VALUES[name.removeprefix("not_")], max_size=3))) for name in named}
    return EventFilter(since=since, until=until, last=last, **values)


orders = st.builds(Sort, st.sampled_from(list(SCHEMA)), st.booleans())
hard = settings(max_examples=cases(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@hard
@given(filters(), orders, st.integers(0, 50), st.integers(1, 120))
def test_both_engines_give_equal_frames(both: Both, some: EventFilter, sort: Sort, offset: int, limit: int) -> None:
    def answers(engine: object) -> list[pl.DataFrame]:
        return [
            views.log_page(engine, some, sort, offset, limit),
            views.actions_over_time(engine, some),
            views.failed_logins_by_region(engine, some),
            views.actors(engine, some),
            engine.rows("target_history", some, sort, offset, limit),
            pl.DataFrame({"count": views.count(engine, some), "range": str(views.time_range(engine, some))}),
        ]

    for ours, oracle in zip(*(answers(engine) for engine in both), strict=True):
        assert_frame_equal(ours, oracle)


@hard
@given(filters(), st.sampled_from(list(Width)))
def test_both_engines_answer_the_pages_alike(both: Both, some: EventFilter, width: Width) -> None:
    for ours, oracle in zip(*(pages_answers(engine, some, width) for engine in both), strict=True):
        assert_frame_equal(ours, oracle)


def pages_answers(engine: Engine, some: EventFilter, width: Width) -> list[pl.DataFrame]:
    """What Overview, Weekly and Security ask beside what the log's page does."""
    timed = (views.totals_over_time, views.actors_over_time, views.addresses_over_time, views.places_over_time)
    return [
        *(ask(engine, some, width) for ask in timed),
        views.actions_over_time(engine, some.with_window(NOW - timedelta(days=7), NOW), width=width),
        views.countries_of_actors(engine, some),
        views.actions_by_actor(engine, some),
    ]


@hard
@given(filters(), st.sampled_from(list(FIELD_COLUMNS)), st.sampled_from(["", "i", "İst", "σ", "%", "no such"]))
def test_both_engines_count_equal_values(both: Both, some: EventFilter, field: str, contains: str) -> None:
    ours, oracle = (views.facets(engine, some, field, 50, contains) for engine in both)
    assert_frame_equal(ours, oracle)


@hard
@given(filters(), orders)
def test_table_chart_count_and_file_hold_the_same_events(both: Both, some: EventFilter, sort: Sort) -> None:
    engine = both.polars
    count = views.count(engine, some)
    rows = views.log_page(engine, some, sort, 0, EVENTS)
    file = [seq for batch in views.batches(engine, some, sort, ("seq",), 50) for seq in batch["seq"]]
    assert file == rows["seq"].to_list()
    assert len(file) == len(set(file)) == count
    assert views.actions_over_time(engine, some)["events"].sum() == count
    assert file == [seq for batch in views.batches(both.postgres, some, sort, ("seq",), 50) for seq in batch["seq"]]


@hard
@given(filters(), orders, st.integers(1, 40), st.integers(0, 300), st.integers(1, 100))
def test_runs_of_any_size_give_the_order_of_one_sort(
    both: Both, some: EventFilter, sort: Sort, most: int, offset: int, limit: int
) -> None:
    events = both.polars._narrowed(some)
    whole = streaming.ordered(events, sort).select("seq").collect()["seq"].to_list()
    found = streaming.runs(events, streaming.levels(sort), most)
    parts = [streaming.ordered(run.events, sort).select("seq").collect()["seq"].to_list() for run in found]
    assert [seq for part in parts for seq in part] == whole
    page = streaming.runs(events, streaming.levels(sort), most, offset, limit)
    slices = [
        streaming.ordered(run.events, sort).slice(run.offset, run.length).select("seq").collect()["seq"] for run in page
    ]
    assert [seq for part in slices for seq in part] == whole[offset : offset + limit]


@pytest.mark.parametrize("width", list(Width))
def test_both_engines_cut_time_alike(both: Both, width: Width) -> None:
    ours, oracle = (engine.answer("actions_over_time", EventFilter(), Bucket(width)) for engine in both)
    assert_frame_equal(ours, oracle)
    assert all(width.floor(start) == start for start in ours["bucket"])


def test_whole_events_are_equal_in_archive_and_record(both: Both) -> None:
    ours, oracle = (pl.concat(views.batches(engine, EventFilter(), Sort("seq", False))) for engine in both)
    assert_frame_equal(ours, oracle)
    assert ours.schema == pl.Schema(SCHEMA)
    assert ours.height == EVENTS


def test_an_event_is_found_by_id_and_by_place(both: Both) -> None:
    for engine in both:
        one = views.event(engine, "seq:17")
        assert_frame_equal(views.event(engine, one["id"].item()), one)
        assert views.event(engine, f"seq:{EVENTS}").is_empty()


def test_every_letter_folds_alike(both: Both) -> None:
    """All but the letters of Unicode 17, which Polars knows and PostgreSQL 18 does not."""
    letters = [chr(n) for n in range(1, 0x20000) if not 0xD800 <= n < 0xE000 and n not in UNICODE_17]
    ours = pl.DataFrame({"a": letters}).select(narrow.folded_text(pl.col("a")))["a"].to_list()
    with both.postgres.reader.engine.connect() as connection:
        column = sa.func.unnest(sa.literal(letters, ARRAY(sa.Text))).column_valued("a")
        folded = record_narrow.folded_text(column, folding_collation(connection))
        theirs = connection.execute(sa.select(folded)).scalars().all()
    assert [hex(ord(a)) for a, b, c in zip(letters, ours, theirs, strict=True) if b != c] == []
