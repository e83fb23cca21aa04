import re
from datetime import UTC, datetime

import polars as pl
from pandas.io.formats.style import Styler
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df, is_pandas_styler
from streamlit.elements.lib.pandas_styler_utils import marshall_styler
from streamlit.proto.ArrowData_pb2 import ArrowData

from dashboard.events.columns import SCHEMA
from dashboard.web.log import log_table
from dashboard.web.log.coloured import coloured
from tests.web import sample

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WRITTEN = pl.DataFrame({"a": ["x", "y", "x"], "b": ["y", "</style>", "z"]})


def sent(styler: Styler) -> ArrowData:
    """What the browser gets."""
    proto = ArrowData()
    marshall_styler(proto, styler, "table")
    return proto


def colour(column: str, value: str) -> str | None:
    return {"x": "red", "y": "blue"}.get(value) if column == "a" or value == "y" else None


def test_the_browser_gets_the_same_colours_as_from_a_styler_that_works_them_out() -> None:
    usual = WRITTEN.to_pandas().style.map(lambda value: f"color: {colour('a', value)}" if value in "xy" else "")
    rules = [
        sorted(re.findall(r"row\d_col\d|color: \w+", proto.styler.styles))
        for proto in (sent(usual), sent(coloured(WRITTEN, colour)))
    ]
    assert rules[0] == rules[1] == ["color: blue", "color: red", "row0_col0", "row0_col1", "row1_col0", "row2_col0"]


def test_the_browser_gets_the_texts_as_they_are() -> None:
    said = coloured(WRITTEN, colour)
    assert is_pandas_styler(said)
    styler = sent(said).styler
    shown = convert_arrow_bytes_to_pandas_df(styler.display_values)
    assert shown.to_dict("list") == WRITTEN.to_dict(as_series=False)
    assert "</style>" not in styler.styles


def test_only_a_failure_is_red() -> None:
    rows = pl.DataFrame([sample.row(n, NOW) for n in range(7)], schema=dict(SCHEMA), orient="row")
    written = log_table.cells(rows, NOW)
    (red,) = re.findall(r"([^}]*) \{ color: #D64550 \}", sent(coloured(written, log_table.colour)).styler.styles)
    failed = [f"row{row}_col0" for row, outcome in enumerate(written["outcome"]) if outcome == "✕ Failed"]
    assert re.findall(r"row\d_col\d", red) == failed == ["row1_col0"]
