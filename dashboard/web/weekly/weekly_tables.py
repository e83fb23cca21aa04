"""The week's tables: numbers by day and category, the most active accounts, and what was deleted."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo

import polars as pl
import streamlit as st

from dashboard.events.adornment import Width
from dashboard.events.filter import EventFilter, as_text
from dashboard.query import views
from dashboard.query.figures import deletions
from dashboard.query.ranking import top_over_time
from dashboard.web import cards, log_links, text, zones
from dashboard.web.answers import Screen

MOST_ROWS = 10
_DAY = timedelta(days=1)
_SKELETON_PIXELS = 300


@st.fragment(parallel=True)
def by_day(screen: Screen) -> None:
    """A row a category, a column a day, each number a link."""
    with cards.boundary():
        with st.skeleton(height=_SKELETON_PIXELS):
            frame = screen.answer(views.actions_over_time, None, Width.DAY)
        if frame.is_empty():
            st.text("No events in this week.")
            return
        table, names = day_cells(screen, frame)
        st.dataframe(
            table, hide_index=True, key="by-day", alt="Events by day and category",
            column_config={
                "category": st.column_config.TextColumn("Category", width=110),
                **{column: log_links.column(label, 75) for column, label in names.items()},
            },
        )  # fmt: skip
        if frame["category"].has_nulls():
            st.caption(f"The {frame['category'].n_unique() - 1} most frequent categories; All counts the others too")


def day_cells(screen: Screen, frame: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, str]]:
    """The table, all events and then the most frequent categories, and the labels of its columns of links."""
    wanted = screen.wanted
    totals = frame.group_by("category").agg(pl.col("events").sum()).sort("events", "category", descending=[True, False])
    categories = text.labels(totals["category"].drop_nulls())
    starts: list[datetime] = frame["bucket"].unique().sort().to_list()
    windows = {"all": wanted, **{f"d{n}": _day_of(wanted, start) for n, start in enumerate(starts)}}
    counts = dict.fromkeys(starts, 0)
    rows = [_day_row(screen, "All", windows, counts | dict(_by_bucket(frame)))]
    for category, label in categories.items():
        narrowed = {name: window.with_values("category", [as_text(category)]) for name, window in windows.items()}
        own = frame.filter(pl.col("category") == category)
        rows.append(_day_row(screen, label, narrowed, counts | dict(_by_bucket(own))))
    names = {"all": "All days", **{f"d{n}": f"{start:%a %d %b}" for n, start in enumerate(starts)}}
    return pl.DataFrame(rows, schema=dict.fromkeys(["category", *names], pl.String)), names


def _day_of(wanted: EventFilter, start: datetime) -> EventFilter:
    """The part of the wanted times that lies in a day."""
    return wanted.with_window(max(start, wanted.since or start), min(start + _DAY, wanted.until or start + _DAY))


def _by_bucket(frame: pl.DataFrame) -> Iterator[tuple[datetime, int]]:
    return frame.group_by("bucket").agg(pl.col("events").sum()).iter_rows()


def _day_row(
    screen: Screen, label: str, windows: Mapping[str, EventFilter], counts: Mapping[datetime, int]
) -> dict[str, str]:
    numbers = [sum(counts.values()), *counts.values()]
    cells = zip(windows.items(), numbers, strict=True)
    return {"category": label, **{name: log_links.cell(screen, window, number) for (name, window), number in cells}}


def most_active(screen: Screen) -> None:
    """The accounts with most events, each with its days."""
    with st.container(border=True, key="most-active"):
        st.markdown("##### Most active accounts")
        _most_active(screen)


@st.fragment(parallel=True)
def _most_active(screen: Screen) -> None:
    with cards.boundary():
        with st.skeleton(height=_SKELETON_PIXELS):
            frame = screen.answer(top_over_time, "actor", MOST_ROWS, Width.DAY)
        ranking(screen, frame, "actor", "Account")


def ranking(screen: Screen, frame: pl.DataFrame, field: str, label: str) -> None:
    """Values of a field with their events as a link and their course."""
    if frame.is_empty():
        st.text("Nobody named, in these days." if field == "actor" else "No address, in these days.")
        return
    wanted = screen.wanted
    table = pl.DataFrame(
        {
            "value": [text.one_line(value, 60) or "(empty)" for value in frame["value"]],
            "events": [
                log_links.cell(screen, wanted.with_values(field, [as_text(value)]), events)
                for value, events in frame.select("value", "events").iter_rows()
            ],
            "trend": frame["trend"],
        }
    )
    st.dataframe(
        table, hide_index=True, key=f"ranking-{field}", alt=f"{label}: events and their course",
        column_config={
            "value": st.column_config.TextColumn(label, width=125),
            "events": log_links.column("Events", 60),
            "trend": st.column_config.BarChartColumn("By day", width=120, y_min=0),
        },
    )  # fmt: skip


def deleted(screen: Screen) -> None:
    """Who deleted what, the most first; not what the system deletes by its own rules."""
    with st.container(border=True, key="deleted-card"):
        st.markdown("##### What was deleted, by people")
        _deleted(screen)


@st.fragment(parallel=True)
def _deleted(screen: Screen) -> None:
    with cards.boundary():
        with st.skeleton(height=_SKELETON_PIXELS):
            meant = screen.about(screen.answer(deletions))
            frame = meant.answer(views.actions_by_actor)
        if frame.is_empty():
            st.text("Nobody deleted anything.")
            return
        zone = zones.shown()
        st.dataframe(
            deleted_cells(meant, frame.head(MOST_ROWS), zone), hide_index=True, key="deleted", alt="What was deleted",
            column_config={
                "actor": st.column_config.TextColumn("Account", width=110),
                "action": st.column_config.TextColumn("Action", width=130),
                "events": log_links.column("Events", 70),
                "targets": st.column_config.TextColumn("Things", width=60),
                "last": st.column_config.TextColumn(f"Last ({zones.name_of(zone)})", width=110),
            },
        )  # fmt: skip
        count = int(frame["events"].sum())
        log_links.open_events(meant, meant.wanted, f"Open all {text.count(count, 'deletion')}")


def deleted_cells(meant: Screen, frame: pl.DataFrame, zone: tzinfo = UTC) -> pl.DataFrame:
    """One row for each account and action."""
    rows = []
    for row in frame.iter_rows(named=True):
        one = meant.wanted.with_values("actor", [as_text(row["actor"])]).with_values("action", [as_text(row["action"])])
        rows.append(
            {
                "actor": text.one_line(row["actor"] or text.NOTHING, 60),
                "action": text.one_line(row["action"], 60),
                "events": log_links.cell(meant, one, row["events"]),
                "targets": f"{row['targets']:,}",
                "last": f"{row['last_at'].astimezone(zone):%a %d %b %H:%M}",
            }
        )
    return pl.DataFrame(rows, schema=dict.fromkeys(("actor", "action", "events", "targets", "last"), pl.String))
