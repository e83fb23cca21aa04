"""The files of `queries/views/` say what they return, and return it, also when there is nothing."""

import re
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from dashboard.archive.snapshot import Snapshot
from dashboard.errors import UsageError
from dashboard.events.adornment import Bucket, Facet, Width
from dashboard.events.columns import SCHEMA, TIME
from dashboard.events.filter import FIELD_COLUMNS, EventFilter
from dashboard.paths import QUERIES
from dashboard.query import drawn, views
from dashboard.query.drawn import Drawn
from dashboard.query.polars_engine import PolarsEngine
from dashboard.query.schemas import ROW_VIEWS, SCHEMAS
from dashboard.query.sort import NEWEST_FIRST, Sort
from tests.query.conftest import NOW, Both

FILES = sorted((QUERIES / "views").glob("*.sql"))
SQL_TYPES = {"bigint": pl.Int64, "text": pl.String, "timestamptz": TIME, "boolean": pl.Boolean}
ADDED = {"facets": Facet("actor"), **{view: Bucket(Width.DAY) for view in SCHEMAS if view.endswith("_over_time")}}
NOBODY = EventFilter(actor=("nobody at all",))


def header(text: str) -> tuple[list[str], dict[str, pl.DataType]]:
    """The sentences above a statement, and the columns it declares."""
    lines = [line.removeprefix("-- ") for line in text.splitlines() if line.startswith("--")]
    columns = [found for line in lines if (found := re.fullmatch(r"(\w+) (bigint|text|timestamptz|boolean): .+", line))]
    sentences = [line for line in lines if line not in {found[0] for found in columns}]
    return sentences, {found[1]: SQL_TYPES[found[2]] for found in columns}


def small(rows: int = 0, **columns: object) -> PolarsEngine:
    """An engine over a few rows that differ only in what is given."""
    given = {"seq": range(rows), "id": range(1, rows + 1), **columns}
    frame = pl.DataFrame({name: pl.Series(name, values, SCHEMA[name]) for name, values in given.items()})
    rest = [pl.lit(None, dtype).alias(name) for name, dtype in SCHEMA.items() if name not in given]
    return PolarsEngine(Snapshot(rows, frame.with_columns(rest).select(*SCHEMA).lazy()), NOW)


def minutes(*counts: float) -> list[datetime]:
    return [NOW + timedelta(minutes=count) for count in counts]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_declares_its_sentence_its_row_and_its_columns(file: object) -> None:
    sentences, columns = header(file.read_text())
    assert len(sentences) >= 2
    assert sentences[0].endswith(".")
    assert sentences[1].startswith("A row is ")
    assert list(columns.items()) == list(SCHEMAS[file.stem].items())


def test_every_declared_view_has_a_file_and_every_file_a_declaration() -> None:
    assert {file.stem for file in FILES} == set(SCHEMAS)


@pytest.mark.parametrize("view", sorted(SCHEMAS))
@pytest.mark.parametrize("wanted", [EventFilter(), NOBODY], ids=["all", "none"])
def test_results_have_the_declared_schema_on_both_engines_also_when_empty(
    both: Both, view: str, wanted: EventFilter
) -> None:
    for engine in both:
        if view in ROW_VIEWS:
            found = engine.rows(view, wanted, NEWEST_FIRST, 0, 10)
        else:
            found = engine.answer(view, wanted, ADDED.get(view))
        assert list(found.schema.items()) == list(SCHEMAS[view].items())


def test_an_empty_log_answers_every_question() -> None:
    engine = small()
    assert views.count(engine, EventFilter()) == 0
    assert views.log_page(engine, EventFilter()).schema == pl.Schema(SCHEMAS["log_page"])
    assert views.actions_over_time(engine, EventFilter()).schema == pl.Schema(SCHEMAS["actions_over_time"])
    assert views.opening_window(engine) is None
    assert list(views.batches(engine, EventFilter())) == []
    assert all(views.facets(engine, EventFilter(), field).is_empty() for field in FIELD_COLUMNS)


def test_empty_buckets_are_zero_for_each_category_that_occurs() -> None:
    engine = small(3, occurred_at=minutes(0, 0.5, 3), category=["A", "B", "A"])
    found = views.actions_over_time(engine, EventFilter(since=NOW, until=NOW + timedelta(minutes=5)))
    assert found["bucket"].unique(maintain_order=True).to_list() == minutes(0, 1, 2, 3, 4)
    assert found.filter(category="A")["events"].to_list() == [1, 0, 0, 1, 0]
    assert found.filter(category="B")["events"].to_list() == [1, 0, 0, 0, 0]


def test_without_times_the_chart_reaches_from_the_first_event_to_the_last() -> None:
    engine = small(2, occurred_at=minutes(0, 90), category=["A", "A"])
    buckets = views.actions_over_time(engine, EventFilter())["bucket"]
    assert (buckets.min(), buckets.max(), buckets.len()) == (*minutes(0, 90), 91)


def test_with_a_start_only_the_chart_reaches_to_now() -> None:
    engine = small(1, occurred_at=minutes(-50), category=["A"])
    buckets = views.actions_over_time(engine, EventFilter(since=NOW - timedelta(hours=1)))["bucket"]
    assert (buckets.min(), buckets.max()) == tuple(minutes(-60, -1))


def test_an_event_of_the_year_9999_does_not_make_a_million_buckets() -> None:
    times = [datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)]
    found = views.actions_over_time(small(2, occurred_at=times, category=["A", "A"]), EventFilter())
    assert found["events"].sum() == 2
    assert found.height == 8030


def test_categories_beyond_the_most_frequent_are_gathered_and_none_is_lost() -> None:
    names = [f"c{n % 50:02}" for n in range(500)] + ["c49"] * 20
    found = views.actions_over_time(small(520, occurred_at=minutes(*([0] * 520)), category=names), EventFilter())
    assert found["category"].n_unique() == drawn.MOST_CATEGORIES + 1
    assert found["events"].sum() == 520
    assert found.filter(category="c49")["events"].to_list() == [30]
    assert found.filter(pl.col("category").is_null())["events"].to_list() == [300]


def test_failed_logins_without_a_region_are_a_row_of_their_own() -> None:
    engine = small(5, category=["Auth"] * 4 + ["User"], action=["Login Failed"] * 5, region=["B", "A", None, "B", "A"])
    assert views.failed_logins_by_region(engine, EventFilter()).rows() == [("B", 2), ("A", 1), (None, 1)]


def test_a_facet_does_not_count_its_own_filter() -> None:
    engine = small(3, category=["A", "A", "B"], action=["x", "y", "x"])
    wanted = EventFilter(category=("A",), action=("x",))
    assert views.facets(engine, wanted, "category").rows() == [("category", "A", 1, 2), ("category", "B", 1, 2)]
    assert views.facets(engine, wanted, "action").rows() == [("action", "x", 1, 2), ("action", "y", 1, 2)]
    assert views.facets(engine, EventFilter(), "category", top=1).rows() == [("category", "A", 2, 2)]


def test_facets_of_several_fields_stand_one_below_the_other() -> None:
    engine = small(3, category=["A", "A", "B"], region=["x", None, None])
    assert views.facets_of(engine, EventFilter(), ("category", "region"), top=1).rows() == [
        ("category", "A", 2, 2), ("region", None, 2, 1),
    ]  # fmt: skip


def test_the_page_opens_on_thirty_days_that_no_future_claim_moves() -> None:
    engine = small(2, occurred_at=[datetime(2099, 1, 1, tzinfo=UTC), datetime(2026, 11, 20, 23, 59, tzinfo=UTC)])
    assert views.newest_time(engine) == datetime(2026, 11, 20, 23, 59, tzinfo=UTC)
    assert views.opening_window(engine) == (
        datetime(2026, 10, 22, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC),
    )  # fmt: skip


def test_the_whole_log_is_counted_without_reading_it() -> None:
    unreadable = PolarsEngine(Snapshot(7, pl.scan_parquet("/nowhere/at-all.parquet")), NOW)
    assert views.count(unreadable, EventFilter()) == 7


@pytest.mark.parametrize("text", ["", "x", "-1", "seq:", "seq:-1", "seq:x", "١", str(2**63)])
def test_what_names_no_event_is_an_error(text: str) -> None:
    with pytest.raises(UsageError):
        views.event(small(), text)


@pytest.mark.parametrize("text", ["", "nosuch", "actor:up", "-actor:asc", "seq; drop table", "actor:asc:desc"])
def test_an_unknown_order_is_an_error(text: str) -> None:
    with pytest.raises(UsageError):
        Sort.parse(text)


@pytest.mark.parametrize("sort", [Sort(), Sort("actor", False), Sort("seq", True)])
def test_an_order_is_read_back(sort: Sort) -> None:
    assert Sort.parse(str(sort)) == sort


def test_unknown_columns_and_fields_are_errors() -> None:
    with pytest.raises(UsageError):
        views.batches(small(), EventFilter(), columns=("actor", "password"))
    with pytest.raises(UsageError):
        views.facets(small(), EventFilter(), "search")


def test_buckets_of_the_wished_width_or_of_the_next_that_are_not_too_many() -> None:
    month = EventFilter(since=NOW - timedelta(days=30), until=NOW)
    engine = small(1, occurred_at=minutes(-5), category=["A"])
    found = views.actions_over_time(engine, month, width=Width.WEEK)
    assert (found["bucket"][1] - found["bucket"][0], found["events"].sum()) == (timedelta(weeks=1), 1)
    assert views.drawn(engine, month, width=Width.MINUTE) == Drawn(NOW - timedelta(days=30), NOW, Width.SIX_HOURS)


def test_the_period_before_lies_on_the_range_bucket_by_bucket() -> None:
    engine = small(3, occurred_at=minutes(-1, -61, -62), category=["A", "A", "B"])
    hour = EventFilter(since=NOW - timedelta(hours=1), until=NOW)
    range_ = views.drawn(engine, hour)
    found = views.period_before(engine, hour, range_).filter(pl.col("events") > 0)
    assert found.rows() == [(NOW - timedelta(minutes=2), "B", 1), (NOW - timedelta(minutes=1), "A", 1)]


def test_there_is_no_period_before_all_times() -> None:
    engine = small(1, occurred_at=[datetime(1970, 1, 2, tzinfo=UTC)], category=["A"])
    early = EventFilter(since=datetime(1970, 1, 1, tzinfo=UTC), until=datetime(1970, 1, 3, tzinfo=UTC))
    assert views.period_before(engine, early, views.drawn(engine, early)).is_empty()


def test_a_source_that_stopped_is_silent_whatever_else_the_filter_asks() -> None:
    times = [NOW - timedelta(hours=hour, minutes=30) for hour in range(48) if not 10 <= hour < 16]
    engine = small(len(times), occurred_at=times, source=["cron"] * len(times), category=["A"] * len(times))
    wanted = EventFilter(since=NOW - timedelta(hours=48), until=NOW, category=("B",))
    found = views.silences(engine, wanted, views.drawn(engine, wanted, width=Width.HOUR))
    assert found.rows() == [("cron", NOW - timedelta(hours=16), NOW - timedelta(hours=10))]


def test_addresses_are_counted_by_their_networks() -> None:
    ips = ["10.0.3.1", "10.0.3.2", "10.0.4.1", "2001:db8:1:2::1", "2001:db8:1:3::1", None]
    engine = small(6, source_ip=ips, occurred_at=minutes(*range(6)))
    found = views.network_facets(engine, EventFilter(ip=("10.0.4.0/24",)))
    assert found.select("value", "events", "distinct_values").rows() == [
        ("10.0.3.0/24", 2, 3), ("2001:db8:1::/48", 2, 3), ("10.0.4.0/24", 1, 3), (None, 1, 3),
    ]  # fmt: skip
    for network, events in found.select("value", "events").drop_nulls().iter_rows():
        assert views.count(engine, EventFilter(ip=(network,))) == events
    assert views.network_facets(engine, EventFilter(), contains="10.0.4")["value"].to_list() == ["10.0.4.0/24"]


def test_a_page_has_the_columns_that_are_asked_for_and_the_same_rows(both: Both) -> None:
    for engine in both:
        usual = views.log_page(engine, EventFilter(), Sort("action", descending=False), 3, 20)
        for columns in (("target",), ("country", "source"), ("user_agent", "seq")):
            page = views.log_page(engine, EventFilter(), Sort("action", descending=False), 3, 20, columns)
            assert {*columns} <= {*page.columns}
            assert page.select(usual.columns).equals(usual)
        with pytest.raises(UsageError, match="nobody"):
            views.log_page(engine, EventFilter(), columns=("nobody",))
