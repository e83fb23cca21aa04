"""The keyboard: what its script must know of the table, and a list of the keys; no log text is in it."""

from hashlib import blake2b

import streamlit as st

from dashboard.web import url
from dashboard.web.answers import Screen
from dashboard.web.log import log_table
from dashboard.web.serving import browser_files

KEYS = {
    "↓ ↑ or j k": "to the next row, the previous",
    "Enter": "opens the row",
    "← → or k j": "in the open event: to the previous, the next",
    "Esc": "closes the event, leaves the search",
    "/": "into the search",
    "?": "these keys",
}


def keys(screen: Screen) -> None:
    """The scripts, the rows that its cursor moves over, and a small list of the keys."""
    with st.container(horizontal=True, horizontal_alignment="right", width="content", key="keys"):
        # Filled while it is closed: a popover finds a place with room for what is in it when it opens.
        with st.popover("Keys", key="keys-help", icon=":material/keyboard:", type="tertiary"):
            st.markdown("\n".join(["| Key | |", "|---|---|", *(f"| `{key}` | {what} |" for key, what in KEYS.items())]))
        ids = "" if screen.count() == 0 else ",".join(map(str, screen.rows()["id"]))
        pixels = f'data-header="{log_table.HEADER_PIXELS}" data-height="{log_table.row_pixels(screen.view.layout)}"'
        st.html(f'<span data-ids="{ids}" data-view="{_view(screen)}" {pixels}></span>', width="content")
        browser_files.run(browser_files.KEYS, browser_files.COMPLETION)


def _view(screen: Screen) -> str:
    """Differs for each filter, order and page; not for the newer rows of a log that runs."""
    link = repr((url.to_pairs(screen.view.rows), screen.page()))
    return blake2b(link.encode(), digest_size=8).hexdigest()
