"""What a reader opens with: the zone of his times, and the view that the log's page shows when a link says nothing."""

from urllib.parse import parse_qsl

import streamlit as st

from dashboard.record.saved_views import Choice
from dashboard.web import address, url, zones
from dashboard.web.saved import reader
from dashboard.web.serving.service import Service

_CHOICE, _PAGE, _ARRIVED = "reader-choice", "page-shown", "page-arrived"


def begin(log: Service, path: str) -> None:
    """Reads what this reader chose, once a visit, and notes whether the page was just come to."""
    st.session_state[zones.OURS] = log.zone
    st.session_state[_ARRIVED] = st.session_state.get(_PAGE) != path
    st.session_state[_PAGE] = path
    if _CHOICE not in st.session_state:
        who = reader.current()
        found = Choice() if who is None else log.saved.choice(who.key)
        st.session_state[_CHOICE] = found
        if found.zone is not None:
            st.session_state.setdefault(zones.KEY, zones.Choice(found.zone))


def choice() -> Choice:
    """What this reader chose."""
    found: Choice = st.session_state.get(_CHOICE, Choice())
    return found


def chose(changed: Choice) -> None:
    """Notes a change, so that this visit follows it too."""
    st.session_state[_CHOICE] = changed


def open_default() -> None:
    """Shows the reader's default view when the log's page is come to by its bare link; later, no filter means none."""
    link = choice().link
    if st.session_state.get(_ARRIVED) and not address.current() and link:
        url.go(url.parse(parse_qsl(link, keep_blank_values=True)))
