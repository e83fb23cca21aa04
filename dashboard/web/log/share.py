"""Links to hand on: one that shows what is newest whenever it is opened, one that shows these events for ever."""

from dataclasses import replace

import streamlit as st

from dashboard.web import url
from dashboard.web.answers import Screen


def share(screen: Screen) -> None:
    """Both links, behind a button."""
    with st.popover("Link", icon=":material/link:", width="content", key="share", on_change="rerun") as menu:
        if not menu.open:
            return
        here = st.context.url or ""
        st.caption("**As it moves on**: the same filter, asked anew each time")
        st.code(url.link(here, url.to_pairs(unpinned(screen.view))), language=None, wrap_lines=True)
        rows = f"the log's first {screen.as_of:,} events"
        st.caption(f"**Pinned** to {rows}: the same ones in a year, and a word of what came since")
        st.code(url.link(here, url.to_pairs(pinned(screen))), language=None, wrap_lines=True)


def unpinned(view: url.View) -> url.View:
    """The view at whatever state is newest."""
    return replace(view, as_of=None)


def pinned(screen: Screen) -> url.View:
    """The view at the state on screen, its window in times: no span is counted back from another day."""
    wanted = screen.wanted
    timeless = not (wanted.since or wanted.until)
    return replace(screen.view, filter=wanted, all_time=timeless, as_of=screen.as_of)
