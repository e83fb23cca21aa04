"""A table opens in milliseconds however long its history, and its log does not grow for ever."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from dashboard.archive import listing
from dashboard.archive import table as tables
from dashboard.archive.table import ArchiveTable
from tests.archive.test_compacting import SCHEMA, frame, held


@pytest.fixture
def table(tmp_path: Path) -> ArchiveTable:
    return ArchiveTable(str(tmp_path), "events", SCHEMA, "log")


def append(table: ArchiveTable, commits: int) -> None:
    table.refresh()
    for seq in range(table.watermark, table.watermark + commits):
        table.append(frame([seq], [seq]), seq, seq + 1)


def again(table: ArchiveTable) -> ArchiveTable:
    return ArchiveTable(table.storage.uri.removesuffix("/events"), "events", SCHEMA, "log")


def test_an_old_log_is_cleaned_away_and_who_slept_meanwhile_opens_the_newest(table: ArchiveTable) -> None:
    append(table, 25)
    sleeper = again(table)
    sleeper.refresh()
    append(table, 20)
    folder = Path(table.storage.uri) / "_delta_log"
    long_ago = (datetime.now(UTC) - timedelta(days=3)).timestamp()
    for commit in folder.iterdir():
        os.utime(commit, (long_ago, long_ago))
    append(table, 20)
    assert not (folder / f"{1:020}.json").exists()
    assert len(list(folder.glob("*.json"))) < 45
    assert sleeper.version == 25
    assert sleeper.refresh()
    assert sleeper.watermark == 65
    assert held(sleeper)["seq"].to_list() == list(range(65))


def test_the_list_of_files_is_read_once_a_version(table: ArchiveTable, monkeypatch: pytest.MonkeyPatch) -> None:
    append(table, 2)
    read: list[int] = []

    def counted(opened: object) -> tuple[listing.Listed, ...]:
        read.append(1)
        return listing.of(opened)  # type: ignore[arg-type]

    monkeypatch.setattr(tables, "of", counted)
    reader = again(table)
    reader.refresh()
    for _ in range(3):
        assert len(reader.parts()) == len(reader.files()) == 2
        assert not reader.refresh()
    assert len(read) == 1
    append(table, 1)
    assert reader.refresh()
    assert len(reader.parts()) == 3


def test_a_table_from_before_gets_what_later_ones_have(table: ArchiveTable) -> None:
    append(table, 1)
    lasting = {"delta.logRetentionDuration": "interval 30 days"}
    assert table._table is not None
    table._table.alter.set_table_properties(lasting)
    table.tidy(timedelta(hours=1))
    assert table._table.metadata().configuration["delta.logRetentionDuration"] == "interval 2 days"
    assert table._table.metadata().configuration["auditlens.log_id"] == "log"


@pytest.mark.parametrize("text", ["x" * 5_000, "é" * 100, "\U0001f600" * 70, ""])
def test_a_long_or_odd_category_is_no_bound_and_comes_back(table: ArchiveTable, text: str) -> None:
    rows = frame([0, 1], [0, 1]).with_columns(category=pl.lit(text))
    table.append(rows, 0, 2)
    assert held(table).equals(rows)
    log = "".join(path.read_text() for path in (Path(table.storage.uri) / "_delta_log").glob("*.json"))
    assert len(log) < 4_000
    assert again(table).refresh()
