"""The newest failures: who tried what, and when."""

from datetime import UTC, tzinfo

import polars as pl
import streamlit as st

from dashboard.events.filter import EventFilter
from dashboard.events.vocabulary import Outcome
from dashboard.query import views
from dashboard.query.engine import Engine
from dashboard.query.sort import NEWEST_FIRST
from dashboard.web import cards, log_links, text, zones
from dashboard.web.answers import Screen

ROWS = 6
_SKELETON_PIXELS = 330
_LONGEST = {"actor": 40, "action": 40, "description": 120, "region": 40}


def newest_failures(screen: Screen) -> None:
    """The last few, and a link to all of them."""
    with st.container(border=True, key="newest-failures"):
        st.markdown("##### Newest failures")
        _failures(screen)


@st.fragment(parallel=True)
def _failures(screen: Screen) -> None:
    with cards.boundary():
        with st.skeleton(height=_SKELETON_PIXELS):
            failures = screen.about(screen.wanted.with_values("outcome", [Outcome.FAILURE]))
            rows, count = failures.answer(_newest), failures.count()
        if rows.is_empty():
            st.text("Nothing failed in these days.")
            return
        zone = zones.shown()
        st.dataframe(
            cells(screen, rows, zone), hide_index=True, key="failures-table", alt="The newest failures",
            column_config={
                "event": log_links.column(f"Timestamp ({zones.name_of(zone)})", 130),
                "actor": st.column_config.TextColumn("Actor", width=110),
                "action": st.column_config.TextColumn("Action", width=110),
                "description": st.column_config.TextColumn("Description", width=230),
                "region": st.column_config.TextColumn("Region", width=90),
            },
        )  # fmt: skip
        log_links.open_events(screen, failures.wanted, f"Open all {text.count(count, 'failure')}")


def _newest(engine: Engine, wanted: EventFilter) -> pl.DataFrame:
    return views.log_page(engine, wanted, NEWEST_FIRST, 0, ROWS)


def cells(screen: Screen, rows: pl.DataFrame, zone: tzinfo = UTC) -> pl.DataFrame:
    """The rows as they are written: texts only, and the time as a link to the event."""
    written: dict[str, list[str]] = {name: [] for name in ("event", *_LONGEST)}
    for row in rows.iter_rows(named=True):
        local = row["occurred_at"].astimezone(zone)
        written["event"].append(log_links.event_cell(screen, row["id"], f"{local:%d %b %H:%M:%S}"))
        for name, longest in _LONGEST.items():
            written[name].append(text.shown(name, row[name], row["actor_type"], row["erased"], longest))
    return pl.DataFrame(written, schema=dict.fromkeys(written, pl.String))
