"""What a Spark cluster answers is what Polars answers: any filter, any order, archive and tail."""

import random
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from pathlib import Path

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from polars.testing import assert_frame_equal
from pyspark.sql.connect.functions import builtin as sf

from dashboard.archive.snapshot import TAIL, Part, Piece, Snapshot
from dashboard.config import Settings
from dashboard.errors import UnreachableError, UsageError
from dashboard.events.adornment import Bucket, Facet, Width
from dashboard.events.columns import SCHEMA
from dashboard.events.filter import FIELD_COLUMNS, EventFilter
from dashboard.keeping.log import Log
from dashboard.query import narrow as polars_narrow
from dashboard.query import opening, spark_engine, spark_narrow, spark_runs, views
from dashboard.query.engine import Engine
from dashboard.query.polars_engine import PolarsEngine
from dashboard.query.schemas import ROW_VIEWS, SCHEMAS
from dashboard.query.sort import NEWEST_FIRST, Sort
from dashboard.query.spark_engine import SparkEngine
from dashboard.query.spark_session import FilesGoneError, SparkCluster
from tests.query.conftest import EVENTS, NOW, Both
from tests.query.test_engines import filters, orders, pages_answers
from tests.spark_server import connect_server
from tests.thorough import cases

pytestmark = pytest.mark.long

FILTERS = cases(60)
AT_ONCE = 40  # filters that one job answers
VIEWED = cases(2)
ARCHIVED = 450  # of EVENTS; the others are the tail
FILES = 3
ADDED = {"facets": Facet("actor"), **{view: Bucket(Width.DAY) for view in SCHEMAS if view.endswith("_over_time")}}
SMALL = {  # there is little work, so compiled code and better plans would not make up for what they take
    **dict.fromkeys(
        ("spark.driver.extraJavaOptions", "spark.executor.extraJavaOptions"), "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    ),
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
NOBODY = EventFilter(actor=("nobody at all",))


@dataclass(frozen=True)
class Two:
    """The cluster, and the engine it is held against, on one state."""

    spark: SparkEngine
    polars: PolarsEngine

    def __iter__(self) -> Iterator[Engine]:
        return iter((self.spark, self.polars))


@pytest.fixture(scope="session")
def cluster() -> Iterator[SparkCluster]:
    with connect_server(settings=SMALL) as url, closing(SparkCluster(url)) as found:
        yield found


@pytest.fixture(scope="session")
def snapshot(both: Both, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The odd log's events as a compacted archive holds them: each file a stretch of time, of places all over the log;
    in a folder whose name is a pattern to Hadoop.
    """
    events = both.polars.snapshot.events.collect()
    folder = tmp_path_factory.mktemp("shared") / "a b%20[x]{1,2}*ü"
    folder.mkdir()
    archived = events.filter(pl.col("seq") < ARCHIVED).sort("occurred_at")
    files = [written(folder / f"{n}.parquet", rows) for n, rows in enumerate(archived.iter_slices(ARCHIVED // FILES))]
    tail = named(f"{TAIL}{ARCHIVED}", events.filter(pl.col("seq") >= ARCHIVED).sort("seq"))
    return Snapshot(as_of=EVENTS, events=events.lazy(), pieces=(*files, tail))


def written(path: Path, rows: pl.DataFrame) -> Piece:
    rows.write_parquet(path)
    return named(str(path), rows)


def named(name: str, rows: pl.DataFrame) -> Piece:
    bounds = [
        getattr(pl.col(column), end)().alias(column + end)
        for column in ("seq", "occurred_at")
        for end in ("min", "max")
    ]
    return Piece(Part(name, rows.height, *rows.select(bounds).row(0)), rows.lazy())


@pytest.fixture(scope="session")
def two(cluster: SparkCluster, snapshot: Snapshot) -> Two:
    return Two(SparkEngine(snapshot, cluster, NOW), PolarsEngine(snapshot, NOW))


def drawn(count: int) -> list[tuple[EventFilter, Sort]]:
    """Random filters and orders, other ones in each run."""
    found: list[tuple[EventFilter, Sort]] = []

    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate])
    @given(filters(), orders)
    def collect(some: EventFilter, sort: Sort) -> None:
        found.append((some, sort))

    collect()
    return found


def edges(events: pl.DataFrame) -> list[EventFilter]:
    """Filters that begin or end at an event's time, or a microsecond beside it."""
    tick, times = timedelta(microseconds=1), events["occurred_at"].unique().sort()
    near = [time + step for time in (times[0], times[7], times[-1]) for step in (-tick, 0 * tick, tick)]
    return [EventFilter(**{name: time}) for name in ("since", "until") for time in near]


def test_scores_of_filters_mean_the_same_events(two: Two, snapshot: Snapshot) -> None:
    """Many filters are columns of one job: whether each event is meant, and with `not_` never neither yes nor no."""
    events = snapshot.events.collect()
    wanted = [*edges(events), *(some for some, _ in drawn(FILTERS))]
    assert len(set(wanted)) > FILTERS // 2
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        columns = [matched(one).alias(f"f{n}") for n, one in enumerate(some)]
        rows = two.spark.cluster.collected(two.spark._narrowed(EventFilter()).select("seq", *columns))
        for n, one in enumerate(some):
            meant = polars_narrow.narrow(events.lazy(), one, NOW).select("seq").collect()["seq"].sort()
            assert rows.filter(pl.col(f"f{n}"))["seq"].sort().equals(meant), one


def matched(wanted: EventFilter) -> spark_narrow.Column:
    found = sf.lit(True)
    for condition in spark_narrow.conditions(wanted, NOW):
        found = found & condition
    return found


def test_every_view_of_random_filters_is_equal(two: Two) -> None:
    chance = random.Random()
    for some, sort in drawn(VIEWED):
        offset, limit = chance.randrange(50), chance.randrange(1, 120)
        field, part = chance.choice(list(FIELD_COLUMNS)), chance.choice(["", "i", "İst", "σ", "%", "no such"])
        width = chance.choice([Width.HOUR, Width.DAY, Width.WEEK])
        ours, theirs = (
            [
                views.log_page(engine, some, sort, offset, limit),
                views.actions_over_time(engine, some),
                views.failed_logins_by_region(engine, some),
                views.actors(engine, some),
                engine.rows("target_history", some, sort, offset, limit),
                views.facets(engine, some, field, 20, part),
                *pages_answers(engine, some, width),
                pl.DataFrame({"count": views.count(engine, some), "range": str(views.time_range(engine, some))}),
                pl.concat([pl.DataFrame(schema=dict(SCHEMA)), *views.batches(engine, some, sort)]),
            ]
            for engine in two
        )
        for one, other in zip(ours, theirs, strict=True):
            assert_frame_equal(one, other)


def test_every_view_has_its_schema_also_when_empty(two: Two) -> None:
    for view in SCHEMAS:
        if view in ROW_VIEWS:
            ours, theirs = (engine.rows(view, NOBODY, NEWEST_FIRST, 0, 10) for engine in two)
        else:
            ours, theirs = (engine.answer(view, NOBODY, ADDED.get(view)) for engine in two)
        assert list(ours.schema.items()) == list(SCHEMAS[view].items())
        assert_frame_equal(ours, theirs)


@pytest.mark.parametrize("as_of", [0, 200, ARCHIVED + 70])
def test_a_state_of_the_past_is_seen_as_it_was(two: Two, snapshot: Snapshot, as_of: int) -> None:
    before = replace(snapshot, as_of=as_of, events=snapshot.events.filter(pl.col("seq") < as_of))
    then = replace(two.spark, snapshot=before), PolarsEngine(before, NOW)
    ours, theirs = (engine.rows("log_page", EventFilter(), NEWEST_FIRST, 0, EVENTS) for engine in then)
    assert_frame_equal(ours, theirs)
    assert ours.height == as_of


def test_time_is_cut_alike(two: Two, snapshot: Snapshot) -> None:
    time, widths = pl.col("occurred_at"), list(Width)
    ours = two.spark.cluster.collected(
        two.spark._narrowed(EventFilter()).select(
            "seq", *(spark_engine._bucket(width).alias(width) for width in widths)
        )
    )
    theirs = snapshot.events.select("seq", *(time.dt.truncate(width.value).alias(width) for width in widths)).collect()
    assert_frame_equal(ours.sort("seq"), theirs.sort("seq"))


def test_an_event_is_found_by_id_and_by_place(two: Two) -> None:
    for place in (17, ARCHIVED + 3, EVENTS):
        ours, theirs = (views.event(engine, f"seq:{place}") for engine in two)
        assert_frame_equal(ours, theirs)
    assert_frame_equal(views.event(two.spark, views.event(two.polars, "seq:17")["id"].item()),
                       views.event(two.polars, "seq:17"))  # fmt: skip


@pytest.mark.parametrize("sort", [NEWEST_FIRST, Sort("actor", False), Sort("source_seq", True)])
def test_pages_far_down_and_files_of_many_runs_keep_the_order(
    two: Two, sort: Sort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_engine, "RUN_ROWS", 150)
    monkeypatch.setattr(spark_engine, "_NEAR_ROWS", 10)
    monkeypatch.setattr(spark_runs, "_STRETCHES", (86_400_000_000, 3_600_000_000))
    for offset in (0, 301):
        ours, theirs = (views.log_page(engine, EventFilter(), sort, offset, 100) for engine in two)
        assert_frame_equal(ours, theirs)
    ours, theirs = (pl.concat(views.batches(engine, EventFilter(), sort, ("seq", "actor"), 70)) for engine in two)
    assert_frame_equal(ours, theirs)


@pytest.mark.parametrize("some", [EventFilter(), EventFilter(action=("%",)), EventFilter(last="30d")])
def test_the_newest_page_is_looked_for_where_it_lies(
    two: Two, some: EventFilter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_engine, "_STRETCH_ROWS", 100)
    asked = list(two.spark._stretches(some, NEWEST_FIRST))
    assert asked[-1] == some
    assert len(asked) == 2
    for limit in (5, 400):
        ours, theirs = (views.log_page(engine, some, NEWEST_FIRST, 3, limit) for engine in two)
        assert_frame_equal(ours, theirs)


def test_files_out_of_the_range_are_not_even_opened(two: Two, snapshot: Snapshot) -> None:
    *old, newest, tail = snapshot.pieces
    gone = [replace(piece, part=replace(piece.part, uri="/nowhere/at all.parquet")) for piece in old]
    spark = replace(two.spark, snapshot=replace(snapshot, pieces=(*gone, newest, tail)))
    some = EventFilter(since=old[-1].part.newest + timedelta(microseconds=1))
    assert views.count(spark, some) == views.count(two.polars, some) > 0


def test_every_letter_folds_alike(cluster: SparkCluster) -> None:
    letters = pl.DataFrame({"a": [chr(n) for n in range(1, 0x20000) if not 0xD800 <= n < 0xE000]})
    sent = cluster.session.createDataFrame(letters.to_arrow(compat_level=pl.CompatLevel.oldest()))
    folded = cluster.collected(sent.select("a", spark_narrow.folded_text(sf.col("a")).alias("ours")))
    both = folded.with_columns(theirs=polars_narrow.folded_text(pl.col("a")))
    assert both.height == letters.height
    assert both.filter(pl.col("ours") != pl.col("theirs")).is_empty()


def test_patterns_mean_the_same_on_texts_of_any_length(cluster: SparkCluster) -> None:
    texts = pl.DataFrame({"a": ["x", "x\n", "a&b", "ab", "x" * 16_384, "ab" * 8_192, "\U0001f525", "a^", ""]})
    sent = cluster.session.createDataFrame(texts.to_arrow(compat_level=pl.CompatLevel.oldest()))
    patterns = (
        "^x$",
        "x$",
        "[a&&b]",
        "^.$",
        "a.*b$",
        "^x*x*$",
        "(a|b)(a|b)",
        "[^x]",
        r"\W",
        "^x{2,}$",
        r"[\]\[^-]",
        r"\^",
    )
    hits = [spark_narrow._finds("regex", "a", pattern).alias(f"p{n}") for n, pattern in enumerate(patterns)]
    theirs = [polars_narrow.finds("regex", "a", (pattern,)).alias(f"p{n}") for n, pattern in enumerate(patterns)]
    assert_frame_equal(cluster.collected(sent.select(hits)), texts.select(theirs))


def test_addresses_sort_as_their_numbers_do(cluster: SparkCluster) -> None:
    chance = random.Random(5)
    numbers = [chance.getrandbits(128) & ~(chance.getrandbits(128) & chance.getrandbits(128)) for _ in range(300)]
    sparse = [number & sum(0xFFFF << 16 * n for n in chance.sample(range(8), 2)) for number in numbers]
    texts = [recorded(IPv6Address(number)) for number in (*numbers, *sparse, 0, 1, 0xFFFF, 0x1_0000)]
    texts += [str(ip_address(chance.getrandbits(32))) for _ in range(200)] + ["0.0.0.0", "255.255.255.255"]
    sent = cluster.session.createDataFrame([(text,) for text in [*texts, None, "", "x", "1.2.3"]], "a string")
    found = cluster.collected(sent.select("a", spark_narrow.sortable_address(sf.col("a")).alias("key")))
    keys = dict(found.iter_rows())
    for text in texts:
        number, version = int(ip_address(text)), ip_address(text).version
        assert keys[text] == f"{version}{number:0{8 if version == 4 else 32}X}"
    assert [keys[text] for text in (None, "", "x", "1.2.3")] == [None] * 4


def recorded(address: IPv6Address) -> str:
    """As PostgreSQL writes it."""
    number = int(address)
    return f"::{ip_address(number)}" if 0xFFFF < number <= 0xFFFF_FFFF else str(address)


def test_who_stops_reading_stops_the_cluster(two: Two, cluster: SparkCluster) -> None:
    long = cluster.session.range(10**9, numPartitions=10**4)  # what a worker has done with one part of comes at once
    frames = cluster.streamed(long, 100)
    assert next(frames)["id"].to_list() == list(range(100))
    frames.close()
    wait_for(lambda: running(cluster) == 0)
    frames = views.batches(two.spark, EventFilter(), size=10)
    assert next(frames).height == 10
    frames.close()
    wait_for(lambda: running(cluster) == 0)


def running(cluster: SparkCluster) -> int:
    """How many of the session's operations still work."""
    answered = cluster.session.client._get_operation_statuses()
    return sum(status.state == status.OPERATION_STATE_RUNNING for status in answered.operation_statuses)


def wait_for(claim: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_tail_is_sent_once_a_state(two: Two, cluster: SparkCluster, snapshot: Snapshot) -> None:
    views.count(two.spark, EventFilter(category=("Auth",)))
    sent = dict(cluster._tails)
    views.count(two.spark, EventFilter(category=("auth",)))
    assert all(cluster._tails[key] is frame for key, frame in sent.items())
    tail = snapshot.pieces[-1]
    for other in range(10):
        cluster.events([replace(tail, part=replace(tail.part, uri=f"{TAIL}{other}"))])
    assert len(cluster._tails) == 4


def test_after_an_erasure_the_question_is_asked_of_the_new_files_once(
    two: Two, snapshot: Snapshot, tmp_path: Path
) -> None:
    gone = tmp_path / "gone.parquet"
    pieces = (written(gone, snapshot.events.filter(pl.col("seq") < ARCHIVED).collect()), snapshot.pieces[-1])
    some = EventFilter(category=("Auth",))
    spark = replace(two.spark, snapshot=replace(snapshot, pieces=pieces), reopen=lambda: snapshot)
    before = views.count(spark, some)
    gone.unlink()
    assert views.count(spark, some) == before == views.count(two.polars, some)
    assert sum(frame.height for frame in views.batches(spark, some)) == before
    with pytest.raises(FilesGoneError):
        views.count(replace(spark, reopen=None), some)
    with pytest.raises(UnreachableError, match="erasure"):
        views.count(replace(spark, reopen=lambda: spark.snapshot), some)


def test_a_server_that_forgot_the_session_is_asked_in_a_new_one(two: Two, cluster: SparkCluster) -> None:
    forgotten = cluster.session
    forgotten.client.release_session()
    some = EventFilter(category=("Auth",))
    assert views.count(two.spark, some) == views.count(two.polars, some)
    assert cluster.session is not forgotten


def test_what_spark_can_not_answer_is_an_error_of_ours(cluster: SparkCluster) -> None:
    with pytest.raises(UnreachableError, match="could not answer"), cluster.errors():
        cluster.session.sql("select raise_error('no')").toArrow()


def test_an_empty_log_answers_every_question(cluster: SparkCluster) -> None:
    empty = pl.DataFrame(schema=dict(SCHEMA))
    engine = SparkEngine(Snapshot(as_of=0, events=empty.lazy()), cluster, NOW)
    assert views.count(engine, NOBODY) == 0
    assert views.opening_window(engine) is None
    assert views.log_page(engine, EventFilter()).schema == pl.Schema(SCHEMAS["log_page"])
    assert list(views.batches(engine, EventFilter())) == []


def test_the_setting_opens_the_cluster(odd_log: Log, cluster: SparkCluster, both: Both) -> None:
    log = replace(odd_log, settings=odd_log.settings.model_copy(update={"engine": f"{cluster._url}/;user_id=auditor"}))
    with opening.open_engine(log, now=NOW) as engine:
        assert isinstance(engine, SparkEngine)
        some = EventFilter(not_actor=("plain",))
        assert_frame_equal(views.log_page(engine, some), views.log_page(both.polars, some))


def test_a_server_that_does_not_answer_is_an_error_that_says_so(odd_log: Log) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    log = replace(odd_log, settings=Settings(home=odd_log.settings.home, engine=f"sc://127.0.0.1:{port}"))
    with opening.open_engine(log) as engine, pytest.raises(UnreachableError, match=f"127.0.0.1:{port} does not answer"):
        views.count(engine, NOBODY)


def test_without_the_extra_the_setting_is_refused(odd_log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "dashboard.query.spark_session")
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    log = replace(odd_log, settings=odd_log.settings.model_copy(update={"engine": "sc://127.0.0.1"}))
    with pytest.raises(UsageError, match=r"auditlens\[spark\]"), opening.open_engine(log):
        pass
