"""The benchmark archive: exactly N events in the archive's own format, and true leaves where they are asked for."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from dashboard.archive.table import ArchiveTable
from dashboard.demo import bench, proof_columns
from dashboard.errors import DamagedError, UsageError
from dashboard.events.canonical import GROUPS, LeafInput, PlaceInput, leaf_hash, leaf_line
from dashboard.events.columns import SCHEMA
from dashboard.record.read import EVIDENCE_SCHEMA

NOW = datetime(2026, 11, 23, 8, 11, 57, tzinfo=UTC)


def test_months_cover_every_place_once() -> None:
    for events in (1, 250_000, 250_001, 10_000_000, 100_000_000):
        cut = bench.months(events, NOW)
        ends = [month.first_seq + month.events for month in cut]
        assert [0, *ends] == [*(month.first_seq for month in cut), events]
        assert [b.last_day - a.last_day for a, b in pairwise(cut)] == [30] * (len(cut) - 1)
        assert cut[-1].last_day == (NOW.date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days


@pytest.fixture(scope="module")
def month() -> pl.DataFrame:
    plan = bench._plan(7, NOW)
    return bench.month_frame(plan, NOW, bench.Month(3, 20_400, 750_000, 250_000))


def test_month_has_the_archives_columns_and_exactly_its_events(month: pl.DataFrame) -> None:
    assert month.schema == pl.Schema(SCHEMA)
    assert month["seq"].to_list() == list(range(750_000, 1_000_000))
    assert month["native_id"].n_unique() == month.height
    assert month["occurred_at"].is_sorted()
    assert (month["recorded_at"] > month["occurred_at"]).all()
    assert month.filter(pl.col("source_ip").is_not_null() & pl.col("region").is_null()).height == 0


def test_retired_category_ends_a_year_before_now() -> None:
    year_ago = NOW - timedelta(days=365)
    old = bench.month_frame(bench._plan(7, NOW), NOW, bench.Month(0, 20_418, 0, 250_000))
    assert old["occurred_at"].min() < year_ago < old["occurred_at"].max()  # type: ignore[operator]  # times
    retired = old.filter(pl.col("category") == bench.RETIRED)
    assert 20 < retired.height < 300
    assert timedelta() < year_ago - retired["occurred_at"].max() < timedelta(days=3)  # type: ignore[operator]  # a time


def test_real_leaves_are_those_of_the_canonical_form(month: pl.DataFrame) -> None:
    some = month.sample(2_000, seed=2)
    proven = proof_columns.real(some, seed=7)
    for row in proven.iter_rows(named=True):
        salts = {f"{group}_salt": row[f"{group}_salt"].hex() for group in GROUPS}
        times = {name: f"{row[name]:%Y-%m-%dT%H:%M:%S.%fZ}" for name in ("occurred_at", "recorded_at")}
        given = {**row, **salts, **times, "original_sha256": None}
        event = LeafInput(**{name: given[name] for name in LeafInput._fields})
        place = PlaceInput(row["region"], row["country"], row["geo_source"], salts["place_salt"])
        assert leaf_hash(leaf_line(event, place)) == row["leaf"]


@pytest.mark.parametrize("add", [proof_columns.made_up, proof_columns.real])
def test_evidence_has_the_archives_columns(month: pl.DataFrame, add: object) -> None:
    proven = add(month.head(500), seed=7)  # type: ignore[operator]  # one of two functions of one form
    evidence = proven.select(*EVIDENCE_SCHEMA)
    assert evidence.schema == EVIDENCE_SCHEMA
    assert evidence["leaf"].n_unique() == 500
    assert set(evidence["leaf"].bin.size()) == {32}
    assert set(evidence["actor_salt"].bin.size()) == {16}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    location = tmp_path_factory.mktemp("home") / "bench"
    heard: list[int] = []
    made = bench.write(location, events=300_000, seed=7, now=NOW, workers=2, progress=heard.append)
    assert made.events == sum(heard) == 300_000
    return location


def test_archive_holds_exactly_what_was_asked_and_ends_now(written: Path) -> None:
    state = bench.snapshot(written)
    assert state.as_of == 300_000
    found = state.events.select(
        rows=pl.len(), distinct=pl.col("seq").n_unique(), first=pl.col("seq").min(), newest=pl.col("occurred_at").max()
    ).collect()
    assert found.row(0)[:3] == (300_000, 300_000, 0)
    assert (NOW - found["newest"][0]).total_seconds() < 3600


def test_tables_say_that_they_are_unrecorded(written: Path) -> None:
    for name in ("events", "evidence"):
        assert (DeltaTable(str(written / name)).metadata().description or "").startswith("UNRECORDED")
    with pytest.raises(DamagedError, match="belongs to log bench"):
        ArchiveTable(str(written), "events", SCHEMA, "another").refresh()


def test_full_folder_is_left_alone(written: Path) -> None:
    with pytest.raises(UsageError, match="holds something already"):
        bench.write(written, events=10, seed=7)
