"""The keyboard: our one script, from this server alone, and what it must know of the table; no log text is in it."""

from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response

from dashboard.web.answers import Screen
from dashboard.web.log import log_table

PATH = "/api/keys.js"
SCRIPT = Path(__file__).with_suffix(".js")
KEYS = {
    "↓ ↑ or j k": "to the next row, the previous",
    "Enter": "opens the row",
    "← → or k j": "in the open event: to the previous, the next",
    "Esc": "closes the event, leaves the search",
    "/": "into the search",
    "?": "these keys",
}


def keys(screen: Screen) -> None:
    """The script, the rows that its cursor moves over, and a small list of the keys."""
    with st.container(horizontal=True, horizontal_alignment="right", width="content", key="keys"):
        with st.popover(
            "Keys", key="keys-help", icon=":material/keyboard:", type="tertiary", on_change="rerun"
        ) as menu:
            for key, what in KEYS.items() if menu.open else ():
                left, right = st.columns([2, 3], gap="small", wrap=False)
                left.markdown(f"`{key}`")
                right.text(what)
        ids = "" if screen.count() == 0 else ",".join(map(str, screen.rows()["id"]))
        pixels = f'data-header="{log_table.HEADER_PIXELS}" data-height="{log_table.row_pixels(screen.view.layout)}"'
        st.html(f'<span data-ids="{ids}" {pixels}></span>', width="content")
        st.html(f'<script src="{PATH}"></script>', width="content", unsafe_allow_javascript=True)


async def send_script(_: Request) -> Response:
    """`GET /api/keys.js`: the script; the policy of our headers lets the browser run what comes from here."""
    return Response(SCRIPT.read_bytes(), media_type="text/javascript", headers={"cache-control": "no-cache"})
