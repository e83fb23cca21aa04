"""Whether the numbers on screen agree: the bars, the count, the table's rows and the files' rows."""

import polars as pl

from dashboard.errors import DamagedError
from dashboard.web import url
from dashboard.web.answers import ROWS, Screen
from dashboard.web.log.export_buttons import export_pairs


def agreed(screen: Screen, bars: pl.DataFrame) -> int:
    """The one number that all of them show. Raises DamagedError naming the first that shows another."""
    counted = screen.count()
    drawn = int(bars["events"].sum())
    if drawn != counted:
        raise _differs("the bars add up to", drawn, counted)
    before = (screen.page() - 1) * ROWS
    rows = before + screen.rows().height
    if rows != min(before + ROWS, counted):
        raise _differs("up to here the table has the rows", rows, min(before + ROWS, counted))
    if url.parse(export_pairs(screen, "csv")).filter != screen.wanted:
        raise DamagedError("The files are of other events than the table.", "Don't rely on them; tell us the link.")
    return counted


def _differs(what: str, shown: int, counted: int) -> DamagedError:
    return DamagedError(
        f"The numbers differ: {what} {shown:,}, and the count is {counted:,}.",
        "Don't rely on this view; check the log with `auditlens verify --full`, and tell us the link.",
    )
