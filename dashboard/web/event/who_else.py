"""Who else did the same thing around the time of an event."""

from dataclasses import replace
from datetime import timedelta

import streamlit as st

from dashboard.events.filter import EventFilter, as_text
from dashboard.events.times import EARLIEST, LATEST
from dashboard.query import views
from dashboard.web import text
from dashboard.web.answers import Event, Screen
from dashboard.web.held import change
from dashboard.web.log import shown_rows

WINDOWS = {"1 hour": timedelta(hours=1), "1 day": timedelta(days=1), "1 week": timedelta(weeks=1)}
_MOST = 20


def who_else(screen: Screen, event: Event) -> None:
    """The other actors of the same action, most often first, with when they did it last."""
    st.text(f"Others who did “{text.one_line(event['action'], 60)}”")
    chosen = st.segmented_control(
        "Before and after", list(WINDOWS), default="1 day", required=True, key="who-window", width="stretch"
    )
    on_target = event["target"] is not None and st.toggle("On the same target only", value=True, key="who-target")
    wanted = others(event, WINDOWS[chosen], on_target=on_target)
    found = screen.about(wanted).answer(views.actors, _MOST)
    if found.is_empty():
        st.caption(f"Nobody else within {chosen} before and after.")
        return
    with st.container(gap="xsmall", key="who-rows"):
        for place, row in enumerate(found.iter_rows(named=True)):
            _line(screen, row, wanted, place)
    if found.height == _MOST:
        st.caption(f"The {_MOST} with the most events.")


def others(event: Event, window: timedelta, *, on_target: bool) -> EventFilter:
    """The events with the same category and action, around the time, by anybody else; nobody named is one somebody."""
    moment = event["occurred_at"]
    target = (as_text(event["target"]),) if on_target else ()
    return EventFilter(
        category=(as_text(event["category"]),), action=(as_text(event["action"]),),
        not_actor=(as_text(event["actor"]),), target=target,
        since=moment - min(window, moment - EARLIEST), until=moment + min(window, LATEST - moment),
    )  # fmt: skip


def _line(screen: Screen, row: Event, wanted: EventFilter, place: int) -> None:
    actor: str | None = row["actor"]
    who = text.shown("actor", actor, row["actor_type"], row["erased"], 60)
    left, right = st.columns([6, 4], gap="small", vertical_alignment="center", wrap=False)
    if left.button(text.label(who), key=f"who:{place}", type="tertiary", icon=":material/filter_alt:"):
        shown_rows.unselect()
        only = replace(wanted, actor=(as_text(actor),), not_actor=())
        change(lambda view: view.narrowed(only))
        st.rerun()
    last = text.relative(row["newest"], screen.now)
    right.caption(f"{text.count(row['events'])}, last {last}")
