"""Numbers beside what is usual, each with a small trend and a link to its events.

Channel objects only: Altair takes three milliseconds to read each shorthand string.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import altair as alt
import polars as pl
import streamlit as st

from dashboard.events.columns import TIME
from dashboard.query.figures import Figure, Name
from dashboard.web import cards, log_links
from dashboard.web.answers import Screen
from dashboard.web.charts import palette

LABELS = {
    Name.EVENTS: "Events",
    Name.FAILED_LOGINS: "Failed logins",
    Name.FAILURES: "Failures of any kind",
    Name.DELETIONS: "Deletions by people",
    Name.ACTORS: "Active accounts",
}
_OPENS = {Name.ACTORS: "Open what they did"}
_TREND_PIXELS = 44
_SKELETON_PIXELS = 186


def tiles(screen: Screen, ask: Callable[[], Sequence[Figure]], usual: str = "usual") -> None:
    """A tile a number; grey whichever way it moved, for more is not always worse. Nothing waits for them."""
    with st.container(key="figure-tiles"):
        _tiles(screen, ask, usual)


@st.fragment(parallel=True)
def _tiles(screen: Screen, ask: Callable[[], Sequence[Figure]], usual: str) -> None:
    with cards.boundary():
        with st.skeleton(height=_SKELETON_PIXELS):
            figures = ask()
        _grid(screen, figures, usual)


def _grid(screen: Screen, figures: Sequence[Figure], usual: str) -> None:
    with st.grid(len(figures) or 1, min_column_width=165, gap="small", key="figures"):
        for figure in figures:
            with st.container(border=True, gap="xxsmall", key=f"figure-{figure.name}"):
                st.metric(
                    LABELS[figure.name], f"{figure.value:,}", delta=told(figure, usual), delta_color="off",
                    delta_arrow=arrow(figure),
                )  # fmt: skip
                st.altair_chart(trend(figure), key=f"trend-{figure.name}", alt=f"Trend: {LABELS[figure.name]}")
                log_links.open_events(
                    screen, figure.events, _OPENS.get(figure.name, "Open these events"), ":material/arrow_forward:"
                )


def trend(figure: Figure) -> alt.Chart:
    """A bar for each bucket of the trend, those of the window itself in the accent colour."""
    drawn = pl.DataFrame(list(figure.trend), schema={"start": TIME, "value": pl.Int64}, orient="row").select(
        start=pl.col("start").dt.strftime("%Y-%m-%d"), day=pl.col("start").dt.strftime("%a %d %b"), value="value",
        own=pl.col("start") >= figure.events.since,
    )  # fmt: skip
    chart: alt.Chart = (
        alt.Chart(drawn)
        .mark_bar(cornerRadiusEnd=1)
        .encode(
            x=alt.X("start", type="ordinal", axis=None, scale=alt.Scale(paddingInner=0.25, paddingOuter=0)),
            y=alt.Y("value", type="quantitative", axis=None, scale=alt.Scale(domainMin=0, nice=False)),
            color=alt.Color(
                "own", type="nominal", legend=None,
                scale=alt.Scale(domain=[True, False], range=[palette.ACCENT, palette.QUIET]),
            ),
            opacity=alt.when(alt.datum.own).then(alt.value(1)).otherwise(alt.value(palette.BESIDE)),
            tooltip=[
                alt.Tooltip("day", type="nominal", title="From (UTC)"),
                alt.Tooltip("value", type="quantitative", title=LABELS[figure.name], format=","),
            ],
        )
        .properties(height=_TREND_PIXELS, padding={"left": 0, "right": 0, "top": 2, "bottom": 0})
    )  # fmt: skip
    return chart


def told(figure: Figure, usual: str) -> str:
    """`usual 12`, or that there is nothing to compare with yet."""
    return "nothing to compare yet" if figure.usual is None else f"{usual} {written(figure.usual)}"


def written(number: float) -> str:
    """`12`, `12.5`: a median of two numbers may lie between them."""
    return f"{number:,.1f}".removesuffix(".0")


def arrow(figure: Figure) -> Literal["up", "down", "off"]:
    """Which way the number lies of what is usual."""
    if figure.usual is None or figure.value == figure.usual:
        return "off"
    return "up" if figure.value > figure.usual else "down"
