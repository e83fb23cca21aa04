"""The frame of the Security page: the 30 days that it is about."""

import streamlit as st

from dashboard.query import views
from dashboard.web import answers, cards, newer, text, url, zones
from dashboard.web.answers import Screen
from dashboard.web.integrity import integrity_badge
from dashboard.web.overview.overview import refuse_parameters
from dashboard.web.serving import service


def open_screen() -> Screen:
    """Fixes the state: the 30 UTC days that end with the newest event. No parameters: raises UsageError for any."""
    refuse_parameters(())
    return answers.open_screen(service.current(), url.View())


def headline(screen: Screen) -> None:
    """The title, and which days stand below."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="headline"):
        st.title("Security", anchor=False, width="content")
        if screen.service.demo:
            st.badge("Demo account: every event here is invented", icon=":material/science:", color="violet")
        with st.container(width="content"):
            integrity_badge.small_badge(screen.service)
        newer.newer(screen)
    since, until = screen.wanted.since, screen.wanted.until
    if since is not None and until is not None:
        st.caption(
            f"The newest {views.OPENING_DAYS} days: {text.day(since)} up to {text.day(until)} 00:00 UTC. As of "
            f"#{screen.as_of:,}, asked {text.exact(screen.now, zones.shown())}. "
            "A number opens the events that it counts."
        )


def is_there(screen: Screen) -> bool:
    """Whether there is anything to look at; what to do if not."""
    if screen.wanted.since is None:
        cards.empty(screen)
        return False
    if screen.service.geo_problem is not None:
        with st.container(border=True, key="no-regions"):
            st.markdown("###### :material/wrong_location: No location data, so no regions and no countries")
            st.text(text.one_line(screen.service.geo_problem, 300))
            st.code("auditlens geo update", language="sh")
    return True
