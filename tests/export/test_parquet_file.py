"""Parquet: the columns with their types, what the file is made of, row groups that stream."""

import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import polars as pl
import pytest
from pyarrow import parquet

from dashboard.events.columns import CSV_COLUMNS, SCHEMA
from dashboard.events.filter import EventFilter
from dashboard.export import Origin, Tally, parquet_file
from dashboard.query.sort import Sort

Frame = Callable[..., pl.DataFrame]
ALL = tuple(SCHEMA)
ORIGIN = Origin(
    log_id="this-log", as_of=7, exported_at=datetime(2026, 11, 23, tzinfo=UTC), wanted=EventFilter(actor=("=evil\n",)),
    sort=Sort("actor"),
)  # fmt: skip


def written(frames: Sequence[pl.DataFrame], columns: Sequence[str] = ALL) -> io.BytesIO:
    return io.BytesIO(b"".join(parquet_file.write_parquet(frames, columns, ORIGIN, Tally())))


@pytest.mark.parametrize("columns", [ALL, CSV_COLUMNS, ("id",)])
def test_every_hostile_event_comes_back_with_its_types(frame: Frame, columns: Sequence[str]) -> None:
    events = frame()
    found = pl.read_parquet(written([events.clear(), *events.iter_slices(7), events.clear()], columns))
    assert found.equals(events.select(columns))
    assert dict(found.schema) == {name: SCHEMA[name] for name in columns}


def test_a_file_without_rows_has_the_columns() -> None:
    for frames in ([], [pl.DataFrame(schema=dict(SCHEMA))]):
        assert dict(pl.read_parquet(written(frames)).schema) == dict(SCHEMA)


def test_a_file_says_what_it_is_made_of(frame: Frame) -> None:
    file = parquet.ParquetFile(written([frame(["a"])], CSV_COLUMNS))
    said = {key.decode(): value.decode() for key, value in file.metadata.metadata.items()}
    assert said["auditlens.log_id"] == "this-log"
    assert said["auditlens.as_of"] == "7"
    assert said["auditlens.sort"] == "actor:desc"
    assert "evil" in said["auditlens.filter"]
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_row_groups_leave_one_by_one(frame: Frame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_file, "GROUP_CELLS", 40 * len(ALL))
    asked = 0

    def frames() -> "list[pl.DataFrame]":
        nonlocal asked
        asked += 1
        return [frame(["x"] * 10)]

    pieces = parquet_file.write_parquet((part for _ in range(21) for part in frames()), ALL, ORIGIN, Tally())
    content = [next(pieces)]
    assert asked == 1
    content += pieces
    groups = parquet.ParquetFile(io.BytesIO(b"".join(content))).metadata
    assert [groups.row_group(number).num_rows for number in range(groups.num_row_groups)] == [10, *[40] * 5]
