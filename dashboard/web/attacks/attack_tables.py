"""The Security page's tables: where failed logins come from, whom they mean, new countries, administrators' nights."""

from datetime import UTC, tzinfo

import polars as pl
import streamlit as st

from dashboard.events.adornment import Width
from dashboard.events.filter import EventFilter, as_text
from dashboard.query.figures import failed_logins
from dashboard.query.ranking import nights_of_admins, top_over_time
from dashboard.query.standing_out import COUNTRY_BEFORE_DAYS, COUNTRY_DAYS, acting, country_window, first_countries
from dashboard.web import cards, log_links, text, zones
from dashboard.web.answers import Screen
from dashboard.web.charts import countries
from dashboard.web.weekly.weekly_tables import ranking

MOST_ROWS = 10
_SKELETON_PIXELS = 300


def addresses(screen: Screen) -> None:
    """The addresses that most failed logins come from."""
    with st.container(border=True, key="addresses"):
        st.markdown("##### Addresses with most failed logins")
        _top(screen, "ip", "Address")


def accounts(screen: Screen) -> None:
    """The accounts that most failed logins mean."""
    with st.container(border=True, key="accounts"):
        st.markdown("##### Accounts with most failed logins")
        _top(screen, "actor", "Account")


@st.fragment(parallel=True)
def _top(screen: Screen, field: str, label: str) -> None:
    with cards.boundary():
        with st.skeleton(height=_SKELETON_PIXELS):
            failed = screen.about(failed_logins(screen.wanted))
            frame = failed.answer(top_over_time, field, MOST_ROWS, Width.DAY)
        ranking(failed, frame, field, label)


def countries_first_seen(screen: Screen) -> None:
    """Countries that accounts acted from for the first time."""
    with st.container(border=True, key="countries-first-seen"):
        st.markdown("##### First-seen countries of accounts")
        st.caption(f"In the newest {COUNTRY_DAYS} days and not in the {COUNTRY_BEFORE_DAYS} before; without failures")
        _countries(screen)


@st.fragment(parallel=True)
def _countries(screen: Screen) -> None:
    with cards.boundary():
        with st.skeleton(height=_SKELETON_PIXELS):
            frame = screen.answer(first_countries)
        if frame.is_empty():
            st.text("None: every account acted from where it did before.")
            return
        zone = zones.shown()
        st.dataframe(
            country_cells(screen, frame, zone), hide_index=True, key="countries-table", height="content",
            alt="First-seen countries of accounts",
            column_config={
                "actor": st.column_config.TextColumn("Account", width=130),
                "country": st.column_config.TextColumn("Country", width=120),
                "events": log_links.column("Events", 70),
                "first": st.column_config.TextColumn(f"First ({zones.name_of(zone)})", width=120),
            },
        )  # fmt: skip


def country_cells(screen: Screen, frame: pl.DataFrame, zone: tzinfo = UTC) -> pl.DataFrame:
    """One row for each country of an account, the newest first."""
    since, until = country_window(screen.wanted)
    acted = acting(EventFilter(since=since, until=until))
    rows = [
        {
            "actor": text.one_line(row["actor"], 60),
            "country": text.one_line(countries.name(row["country"]), 40),
            "events": log_links.cell(
                screen, acted.with_values("actor", [as_text(row["actor"])])
                .with_values("country", [as_text(row["country"])]), row["events"],
            ),
            "first": f"{row['first_at'].astimezone(zone):%a %d %b %H:%M}",
        }
        for row in frame.iter_rows(named=True)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=dict.fromkeys(("actor", "country", "events", "first"), pl.String))


def nights(screen: Screen) -> None:
    """What administrators did in nights and on weekends."""
    with st.container(border=True, key="nights"):
        st.markdown("##### Nights and weekends of administrators")
        st.caption("22:00 to 06:00 UTC, and Friday's night to Monday's morning; the busiest first")
        _nights(screen)


@st.fragment(parallel=True)
def _nights(screen: Screen) -> None:
    with cards.boundary():
        with st.skeleton(height=_SKELETON_PIXELS):
            frame = screen.answer(nights_of_admins)
        if frame.is_empty():
            st.text("No administrator acted at night or on a weekend.")
            return
        st.dataframe(
            night_cells(screen, frame.head(MOST_ROWS)), hide_index=True, key="nights-table",
            alt="Nights and weekends of administrators",
            column_config={
                "actor": st.column_config.TextColumn("Account", width=140),
                "when": st.column_config.TextColumn("When (UTC)", width=220),
                "events": log_links.column("Events", 70),
            },
        )  # fmt: skip


def night_cells(screen: Screen, frame: pl.DataFrame) -> pl.DataFrame:
    """One row for each account and night or weekend."""
    rows = [
        {
            "actor": text.one_line(row["actor"], 60),
            "when": f"{row['since']:%a %d %b %H:%M} – {row['until']:%a %d %b %H:%M}",
            "events": log_links.cell(
                screen, EventFilter(since=row["since"], until=row["until"], actor=(as_text(row["actor"]),)),
                row["events"],
            ),
        }
        for row in frame.iter_rows(named=True)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=dict.fromkeys(("actor", "when", "events"), pl.String))
