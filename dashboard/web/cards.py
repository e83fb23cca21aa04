"""What stands in the table's place when there is nothing to show, and when something went wrong: two cards."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urlsplit
from uuid import uuid4

import orjson
import streamlit as st

from dashboard.errors import AuditlensError
from dashboard.events.times import format_time
from dashboard.web import page_list, text, url
from dashboard.web.answers import Screen
from dashboard.web.held import change
from dashboard.web.log.chips import clear
from dashboard.web.log.time_menu import ALL, in_range

log = logging.getLogger(__name__)


def empty(screen: Screen) -> None:
    """No event matches, or there is none at all: says which, and what to do."""
    with st.container(border=True, key="empty-card"):
        if screen.as_of == 0:
            st.markdown("#### :material/inbox: The log is empty")
            st.text("It fills by itself as soon as something is recorded. A first event from a shell:")
            st.code(first_event(screen.now), language="sh", wrap_lines=True)
            st.text("Or a file that you have, CSV or JSON:")
            st.code("auditlens import FILE", language="sh")
            st.text("Or look around in a made-up account first:")
            st.code("auditlens serve --demo --port 8600", language="sh")
            return
        st.markdown("#### :material/filter_alt_off: No events match")
        st.text(f"{screen.wanted.sentence(screen.now)}: none of the log's {screen.as_of:,} events.")
        if any(" " in words for words in screen.wanted.search):
            st.text("Words are looked for as they stand, next to each other: fewer of them find more.")
        with st.container(horizontal=True, gap="small"):
            st.button("Clear the filters", key="empty-clear", on_click=clear)
            if not screen.view.all_time:
                st.button("Look at all time", key="empty-all-time", on_click=_all_time)


def first_event(now: datetime) -> str:
    """A command that runs as it is: it appends one event of this minute."""
    fields = {
        "occurred_at": format_time(now.replace(second=0, microsecond=0)),
        "category": "Auth",
        "action": "Logged In",
        "actor": "me",
    }
    return f"echo '{orjson.dumps(fields).decode()}' | auditlens append"


def _all_time() -> None:
    change(lambda view: in_range(view, ALL))


def failure(wrong: AuditlensError) -> None:
    """Something can't be shown: the message, the way out, and no rows. Several parts of a page may fail at once."""
    with st.container(border=True):
        st.markdown("#### :red[:material/error:] This view can't be shown")
        st.text(text.one_line(wrong.message, 500))
        if wrong.hint:
            st.text(text.one_line(wrong.hint, 500))
        st.button(_way_out(), key=f"failure-clear:{uuid4().hex}", on_click=_start_over)


def _way_out() -> str:
    """What the button does here: only the log has filters, and an address without parameters has nothing to leave."""
    if not st.query_params:
        return "Try again"
    on_the_log = urlsplit(st.context.url or "").path.endswith(f"/{page_list.LOG_PATH}")
    return "Open the log without filters" if on_the_log else "Open this page without parameters"


def _start_over() -> None:
    url.go(url.View())


@contextmanager
def boundary() -> Iterator[None]:
    """No page ends in a traceback: what went wrong becomes a card, and its trace goes to the server's log."""
    try:
        yield
    except AuditlensError as wrong:
        failure(wrong)
    except Exception:
        log.exception("A page failed")
        failure(
            AuditlensError(
                "Something went wrong on our side.", "Its trace is in the server's log; reload to try again."
            )
        )
