"""The opening of the page: one link, one state, and the line on top."""

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.web import answers, url
from dashboard.web.answers import Screen
from dashboard.web.integrity import integrity_badge
from dashboard.web.log import live
from dashboard.web.log.export_buttons import export_buttons
from dashboard.web.log.share import share
from dashboard.web.saved import opening
from dashboard.web.serving import service


def open_screen() -> Screen:
    """Reads the link before any widget runs, then fixes the state that everything on screen agrees on."""
    opening.open_default()
    view = url.current()
    log = service.current()
    screen = answers.open_screen(log, view, live.state_to_show(log, view))
    live.remember_state(screen)
    return screen


@dataclass(frozen=True, slots=True)
class Headline:
    """The places of what stands beside the title: the page need not wait for it."""

    screen: Screen
    badge: DeltaGenerator
    link: DeltaGenerator
    exports: DeltaGenerator

    def fill(self) -> None:
        """Writes it."""
        with self.badge:
            integrity_badge.small_badge(self.screen.service)
        with self.link:
            share(self.screen)
        with self.exports:
            export_buttons(self.screen)


def headline(screen: Screen, title: str) -> Headline:
    """The title at the left, what hands the view on at the right; a demo says that it is one."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="headline"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.title(title, anchor=False, width="content")
            if screen.service.demo:
                st.badge("Demo account: every event here is invented", icon=":material/science:", color="violet")
            badge = st.container(width="content")
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            link, exports = st.container(width="content"), st.container(width="content")
    return Headline(screen, badge, link, exports)
