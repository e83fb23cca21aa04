from datetime import UTC, datetime

import polars as pl
import pytest

from dashboard.events.columns import SCHEMA
from dashboard.query.sort import NEWEST_FIRST, Sort
from dashboard.web.log import log_table
from tests.web import sample

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("column", "before", "after"),
    [
        ("actor", NEWEST_FIRST, Sort("actor", descending=True)),
        ("actor", Sort("actor", descending=True), Sort("actor", descending=False)),
        ("actor", Sort("actor", descending=False), NEWEST_FIRST),
        ("actor", Sort("region", descending=True), Sort("actor", descending=True)),
        ("occurred_at", NEWEST_FIRST, Sort("occurred_at", descending=False)),
        ("occurred_at", Sort("occurred_at", descending=False), NEWEST_FIRST),
        ("occurred_at", Sort("actor", descending=True), NEWEST_FIRST),
    ],
)
def test_clicks_on_a_header_turn_in_a_circle(column: str, before: Sort, after: Sort) -> None:
    assert log_table.next_sort(column, before) == after


def test_the_arrow_stands_at_the_sorted_column_only() -> None:
    sort = Sort("region", descending=False)
    assert [log_table.header(name, sort) for name in ("actor", "region", "occurred_at")] == [
        "Actor",
        "Region ↑",
        "Timestamp",
    ]
    assert log_table.header("occurred_at", NEWEST_FIRST) == "Timestamp"


def test_cells_say_exact_and_relative_time_and_mark_claims() -> None:
    moment = datetime(2026, 11, 22, 8, 11, 57, tzinfo=UTC)
    rows = pl.DataFrame(
        [sample.row(0, moment), sample.row(1, moment, clock="behind")], schema=dict(SCHEMA), orient="row"
    )
    cells = log_table.cells(rows, NOW)
    assert [cell.replace("\u00a0", " ") for cell in cells["occurred_at"]] == [
        "2026-11-22 08:11:57 UTC 1 day ago",
        "2026-11-22 08:11:57 UTC 1 day ago ⚠ behind",
    ]
    assert cells["outcome"].to_list() == ["✓ Success", "✕ Failed"]
