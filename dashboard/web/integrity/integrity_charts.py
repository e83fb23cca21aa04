"""Two pictures: how much of the log was re-hashed and how long ago, and what happened to it in the last day.

Channel objects only: Altair takes three milliseconds to read each shorthand string.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import altair as alt
import polars as pl
import streamlit as st

from dashboard.keeping.integrity import Facts
from dashboard.ledger.coverage import Covered
from dashboard.ledger.report import joined
from dashboard.record.kept import Piece
from dashboard.web import text
from dashboard.web.charts import palette
from dashboard.web.serving.service import Service

NOT_COVERED, ARCHIVED = "Not re-hashed", "Only in the archive"
AGES = (
    (timedelta(hours=1), "Less than 1 h ago", "#0b6e69"),
    (timedelta(hours=6), "1 to 6 h ago", "#4fa39a"),
    (timedelta(hours=25), "6 to 24 h ago", "#9ccbc4"),
)
LANES = {
    "seal": "Seals",
    "checkpoint": "Signatures",
    "copy": "Copies outside",
    "failed copy": "Copies outside",
    "verification": "Verification",
    "finding": "Verification",
}
_BAD = {"failed copy": "Failed", "finding": "Found something"}
_ORDER = ["Seals", "Signatures", "Copies outside", "Verification"]
_DAY, _PIECE = timedelta(hours=24), timedelta(minutes=5)
_MOST_PARTS = 400


@dataclass(frozen=True, slots=True)
class Part:
    """Rows start <= seq < stop of the bar."""

    start: int
    stop: int
    state: str


def coverage(log: Service) -> None:
    """The bar of all rows; nothing while there are none."""
    facts = log.integrity().facts
    if not facts.as_of:
        return
    with st.container(border=True, key="coverage"):
        st.markdown("##### Coverage")
        rest = f"{facts.covered_rows:,} re-hashed in the last 24 h, {facts.uncovered:,} not"
        st.caption(f"Rows #0 to #{facts.as_of - 1:,}: {rest if facts.uncovered else 'all re-hashed in the last 24 h'}")
        st.altair_chart(
            coverage_bar(parts(facts)), key="chart-coverage",
            alt=f"Bar of all {facts.as_of:,} rows: {facts.covered_rows:,} were re-hashed in the last 24 hours",
        )  # fmt: skip


def parts(facts: Facts) -> list[Part]:
    """The rows of the log in order, by when they were re-hashed last; few enough to draw."""
    found = list(_parts(facts.covered, facts.as_of, facts.now))
    if len(found) <= _MOST_PARTS:
        return found
    holes = [(part.start, part.stop) for part in found if part.state == NOT_COVERED]
    oldest = max((part.state for part in found if part.state != NOT_COVERED), key=[age[1] for age in AGES].index)
    return [
        Part(start, stop, state)
        for state, ranges in ((oldest, [(0, facts.as_of)]), (NOT_COVERED, holes))
        for start, stop in joined(ranges)
    ]


def _parts(covered: Iterable[Covered], as_of: int, now: datetime) -> Iterator[Part]:
    place = 0
    for part in covered:
        if part.start > place:
            yield Part(place, part.start, NOT_COVERED)
        yield Part(part.start, part.stop, next(name for limit, name, _ in AGES if now - part.at < limit))
        place = part.stop
    if place < as_of:
        yield Part(place, as_of, NOT_COVERED)


def coverage_bar(found: Sequence[Part]) -> alt.LayerChart | alt.FacetChart:
    """One bar from row 0 to the newest; what is not covered is a grey frame without a filling."""
    frame = pl.DataFrame(
        {
            "start": [part.start for part in found],
            "stop": [part.stop for part in found],
            "state": [part.state for part in found],
            "rows": [f"#{part.start:,} to #{part.stop - 1:,}" for part in found],
        },
        schema={"start": pl.Int64, "stop": pl.Int64, "state": pl.String, "rows": pl.String},
    )
    here = set(frame["state"])
    domain = [name for name in (*(age[1] for age in AGES), NOT_COVERED) if name in here]
    colours = {name: colour for _, name, colour in AGES} | {NOT_COVERED: palette.QUIET}
    scale = alt.Scale(domain=domain, range=[colours[name] for name in domain])
    base = alt.Chart(frame).encode(
        x=alt.X(
            "start", type="quantitative", title=None,
            scale=alt.Scale(domain=[0, int(frame["stop"].max() or 1)], nice=False),  # type: ignore[arg-type]  # whole
            axis=alt.Axis(format=",d", grid=False, tickCount=6, tickMinStep=1, domain=False, labelFlush=True),
        ),
        x2=alt.X2("stop"),
        color=alt.Color(
            "state", type="nominal", scale=scale,
            legend=alt.Legend(
                title=None, orient="bottom", symbolType="square", symbolStrokeWidth=0, columns=2, labelLimit=200,
                offset=4,
            ),
        ),
        tooltip=[
            alt.Tooltip("rows", type="nominal", title="Rows"),
            alt.Tooltip("state", type="nominal", title="Re-hashed"),
        ],
    )  # fmt: skip
    layers = []
    if here - {NOT_COVERED}:
        layers.append(base.transform_filter(alt.datum.state != NOT_COVERED).mark_bar(height=26))
    if NOT_COVERED in here:
        frame_only = base.transform_filter(alt.datum.state == NOT_COVERED)
        layers.append(
            frame_only.mark_bar(height=24, fillOpacity=0.12, strokeWidth=1, strokeDash=[4, 3], stroke=palette.QUIET)
        )
    return alt.layer(*layers).properties(height=116, padding={"left": 4, "right": 12, "top": 4, "bottom": 0})


def timeline(log: Service) -> None:
    """Seals, signatures, copies and passes of the last 24 hours."""
    facts = log.integrity().facts
    if not facts.as_of:
        return
    pieces = log.timeline()
    failed = sum(piece.times for piece in pieces if piece.kind in _BAD)
    with st.container(border=True, key="timeline"):
        st.markdown("##### The last 24 hours")
        st.caption(", ".join(_told(pieces)) + ", in pieces of 5 minutes, UTC")
        st.altair_chart(
            timeline_chart(pieces, facts.now), key="chart-timeline",
            alt=f"Timeline of seals, signatures, copies and verification; {failed:,} failed or found something",
        )  # fmt: skip


def _told(pieces: Sequence[Piece]) -> Iterator[str]:
    for kinds, one, many in (
        (("seal",), "seal", "seals"),
        (("checkpoint",), "signature", "signatures"),
        (("copy",), "copy", "copies"),
        (("verification", "finding"), "pass", "passes"),
    ):
        yield text.count(sum(piece.times for piece in pieces if piece.kind in kinds), one, many)
    failed = sum(piece.times for piece in pieces if piece.kind == "failed copy")
    if failed:
        yield text.count(failed, "failed copy", "failed copies")


def timeline_chart(pieces: Sequence[Piece], now: datetime) -> alt.Chart:
    """A lane for each kind; what failed or found something is red."""
    ends = [Piece(moment, "seal", 0, None) for moment in (now - _DAY, now)]  # not drawn: they hold the axis in place
    frame = _drawn(sorted([*pieces, *ends], key=lambda piece: piece.kind in _BAD))  # what is bad lies on top
    states = ["As it should be", *_BAD.values()]
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_bar(height={"band": 0.55})
        .encode(
            x=alt.X(
                "at", type="temporal", title=None, scale=alt.Scale(type="utc", nice=False),
                axis=alt.Axis(format="%H:%M", tickCount=8, grid=False, domain=False, labelOverlap=True),
            ),
            x2=alt.X2("end"),
            y=alt.Y(
                "lane", type="nominal", title=None, scale=alt.Scale(domain=_ORDER),
                axis=alt.Axis(ticks=False, domain=False, grid=True, labelLimit=140, bandPosition=0.5),
            ),
            color=alt.Color(
                "state", type="nominal", legend=None,
                scale=alt.Scale(domain=states, range=[AGES[0][2], palette.FAILURE, palette.FAILURE]),
            ),
            opacity=alt.condition(alt.datum.times > 0, alt.value(1), alt.value(0)),
            tooltip=[
                alt.Tooltip("when", type="nominal", title="From (UTC)"),
                alt.Tooltip("lane", type="nominal", title="What"),
                alt.Tooltip("state", type="nominal", title="How"),
                alt.Tooltip("times", type="quantitative", title="Times", format=","),
                alt.Tooltip("reach", type="nominal", title="Tree size"),
            ],
        )
        .properties(height=170, padding={"left": 0, "right": 8, "top": 4, "bottom": 0})
    )  # fmt: skip
    return chart


def _drawn(pieces: Sequence[Piece]) -> pl.DataFrame:
    """A row a bar, in words where the tooltip shows it."""
    moments = [piece.at.astimezone(UTC) for piece in pieces]
    return pl.DataFrame(
        {
            "at": moments,
            "end": [moment + _PIECE for moment in moments],
            "lane": [LANES[piece.kind] for piece in pieces],
            "state": [_BAD.get(piece.kind, "As it should be") for piece in pieces],
            "when": [f"{moment:%Y-%m-%d %H:%M}" for moment in moments],
            "times": [piece.times for piece in pieces],
            "reach": [f"#{piece.reach:,}" if piece.reach is not None else text.NOTHING for piece in pieces],
        },
        schema={
            "at": pl.Datetime("us", "UTC"), "end": pl.Datetime("us", "UTC"), "lane": pl.String, "state": pl.String,
            "when": pl.String, "times": pl.Int64, "reach": pl.String,
        },
    )  # fmt: skip
