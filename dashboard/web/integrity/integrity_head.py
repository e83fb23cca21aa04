"""The top of the Integrity page: its title, what can be done, and what the product promises."""

import streamlit as st

from dashboard.web.integrity import integrity_actions, integrity_badge
from dashboard.web.serving import service
from dashboard.web.serving.service import Service

PROMISE = (
    "Auditlens is tamper-evident, not tamper-proof. The database refuses to rewrite an event, for every role; whoever "
    "rules this machine can still do it, and is found out. The one condition: a copy of a checkpoint lies where they "
    "can't reach it."
)


def open_log() -> Service:
    """The log that the page is about."""
    return service.current()


def headline(log: Service) -> None:
    """The title at the left, the acts at the right; then the promise with its condition."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="headline"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.title("Integrity", anchor=False, width="content")
            if log.demo:
                st.badge("Demo account: every event here is invented", icon=":material/science:", color="violet")
            with st.container(width="content"):
                integrity_badge.small_badge(log)
        integrity_actions.buttons(log)
    st.caption(PROMISE)
