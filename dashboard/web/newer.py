"""On pages that are read and not watched: how many events came since, and the way to them."""

import streamlit as st

from dashboard.web import cards
from dashboard.web.answers import Screen

_LOOK_SECONDS = 5.0


@st.fragment(run_every=_LOOK_SECONDS)
def newer(screen: Screen) -> None:
    """`12 new – show`, as soon as there are any; nothing moves before. Costs a look at the log's state, no question."""
    with cards.boundary():
        new = screen.service.status().as_of - screen.as_of
        if new > 0 and st.button(f"{new:,} new – show", key="show-newer", type="tertiary", icon=":material/refresh:"):
            st.rerun()
