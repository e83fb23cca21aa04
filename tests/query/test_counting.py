"""Counted by number or grouped, it is the same: with nulls, without rows, and where a dictionary outgrows its rows."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from dashboard.events.adornment import Width
from dashboard.events.columns import TIME
from dashboard.query.counting import _of_buckets, _of_values

DAY = datetime(2026, 3, 29, tzinfo=UTC)
TEXTS = {
    "a few": ["a", "b", "a", None, "c", "b", "a"] * 30,
    "none is null": ["a", "b"] * 30,
    "all are null": [None] * 30,
    "no row": [],
    "a dictionary of thousands, few rows": ["t4999", "t17", None, "t17"],
}


@pytest.fixture(params=TEXTS, ids=list(TEXTS))
def rows(request: pytest.FixtureRequest) -> pl.DataFrame:
    texts = TEXTS[request.param]
    kept = pl.Categorical(pl.Categories.random(physical=pl.UInt32))
    pl.Series([f"t{number}" for number in range(5_000)] if "thousands" in request.param else ["a", "b", "c"]).cast(kept)
    times = [DAY + timedelta(minutes=37 * number, microseconds=number) for number in range(len(texts))]
    return pl.DataFrame({
        "occurred_at": pl.Series(times, dtype=TIME), "category": pl.Series(texts, dtype=pl.String).cast(kept),
    })  # fmt: skip


def plain(frame: pl.DataFrame, column: str) -> list[tuple[object, ...]]:
    named = frame.with_columns(pl.col(column).cast(pl.String))
    return named.sort(pl.all(), nulls_last=True).rows()


def test_values(rows: pl.DataFrame) -> None:
    grouped = rows.group_by(value="category").agg(weight=pl.len().cast(pl.Int64))
    counted = _of_values("category", rows)
    assert counted.schema == grouped.schema
    assert plain(counted, "value") == plain(grouped, "value")


@pytest.mark.parametrize("width", [Width.MINUTE, Width.FIVE_MINUTES, Width.HOUR])
def test_buckets(rows: pl.DataFrame, width: Width) -> None:
    bucket = pl.col("occurred_at").dt.truncate(width.value)
    grouped = rows.group_by(bucket=bucket, category="category").agg(weight=pl.len().cast(pl.Int64))
    counted = _of_buckets("category", width, rows)
    assert counted.schema == grouped.schema
    assert plain(counted, "category") == plain(grouped, "category")
