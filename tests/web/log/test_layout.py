"""What the table shows is what its link says."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from dashboard.events.columns import COLUMNS, SCHEMA
from dashboard.query.sort import NEWEST_FIRST
from dashboard.web import url
from dashboard.web.log import layout, log_table
from dashboard.web.log.layout import Density, Layout
from tests.web import sample

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    columns = tuple(draw(st.lists(st.sampled_from(layout.CHOICES), min_size=1, unique=True)))
    sized = draw(st.lists(st.sampled_from(columns), unique=True, max_size=4))
    return Layout(
        columns=draw(st.sampled_from([columns, layout.USUAL])) if not sized else columns,
        widths={name: draw(st.integers(layout.NARROWEST, layout.WIDEST)) for name in sized},
        density=draw(st.sampled_from(Density)),
    )


@given(layouts())
def test_a_layout_comes_back_from_its_link(some: Layout) -> None:
    assert layout.read(dict(some.pairs())) == some


@given(layouts(), st.data())
def test_a_column_moves_sizes_and_goes_with_its_width(some: Layout, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(some.columns))
    by = data.draw(st.integers(-30, 30))
    moved = some.moved(name, by)
    assert sorted(moved.columns) == sorted(some.columns)
    there = some.columns.index(name) + by
    assert moved.columns.index(name) == max(0, min(len(some.columns) - 1, there))
    sized = moved.sized(name, 333)
    assert sized.widths[name] == 333
    assert sized.sized(name, None).widths.keys() == some.widths.keys() - {name}
    rest = tuple(column for column in sized.columns if column != name)
    if rest:
        assert name not in sized.showing(rest).widths


@given(layouts())
def test_the_table_has_the_columns_in_their_order_and_each_value_is_there(some: Layout) -> None:
    row = sample.row(5, NOW - timedelta(hours=1), request_id="r-1", source_seq=7, reported_region="Ankara")
    written = log_table.cells(pl.DataFrame([row], schema=dict(SCHEMA), orient="row"), NOW, UTC, some)
    assert written.columns == list(some.columns)
    for name in some.columns:
        shown = {
            "outcome": "✓ Success",
            "occurred_at": "2026-11-23 11:00:00 UTC" + (" 1 hour ago" if some.density is Density.NORMAL else ""),
            "recorded_at": "2026-11-23 11:00:00 UTC",
        }.get(name, str(row[name]))
        assert written[name][0].replace("\u00a0", " ") == shown
    config = log_table.column_config(NEWEST_FIRST, some)
    assert [column["label"] for column in config.values()] == [COLUMNS[name].label for name in some.columns]
    assert all(config[name]["width"] == width for name, width in some.widths.items())


def test_a_link_without_a_layout_has_the_usual_one_and_other_rows_none() -> None:
    assert url.parse([]).layout == Layout()
    assert Layout().pairs() == []
    view = url.parse([("columns", "seq,actor"), ("density", "compact")])
    assert view.rows == url.View()
    assert log_table.row_pixels(view.layout) < log_table.row_pixels(Layout())
