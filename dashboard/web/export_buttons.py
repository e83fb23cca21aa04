"""The two links that download what is on screen: its filter, its order, its state, all of its rows."""

from html import escape

import streamlit as st

from dashboard.web import text, url
from dashboard.web.answers import Screen

PATH = "/api/export"
FORMATS = {"csv": "CSV", "json": "JSON"}

# A link, not st.link_button: that opens a new tab. A style attribute: the theme knows no links that look like buttons.
_STYLE = (
    "display:inline-flex;align-items:center;gap:.4rem;padding:.42rem .8rem;"
    "border:1px solid color-mix(in srgb,currentColor 22%,transparent);"
    "border-radius:.5rem;color:inherit;text-decoration:none;font-size:.9rem;line-height:1.3;white-space:nowrap"
)


def export_buttons(screen: Screen) -> None:
    """The number of rows, then CSV and JSON. Each starts a download in this tab; the page stays as it is."""
    links = "".join(
        f'<a href="{escape(export_link(screen, kind), quote=True)}" download style="{_STYLE}" '
        f'title="Download all {screen.count():,} events of this view as {name}">↓ {name}</a>'
        for kind, name in FORMATS.items()
    )
    counted = f'<span style="opacity:.72;font-size:.9rem;white-space:nowrap">Export {text.count(screen.count())}</span>'
    st.html(
        '<div style="display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;justify-content:flex-end">'
        f"{counted}{links}</div>",
        width="content",
    )


def export_link(screen: Screen, kind: str) -> str:
    """The link of a file: times instead of a span, and the state on screen, so that later events don't change it."""
    pairs = [*screen.params, ("sort", url.write_sort(screen.view.sort)), ("as_of", str(screen.as_of))]
    return url.link(f"{PATH}.{kind}", pairs)
