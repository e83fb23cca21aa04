"""The links that download what is on screen: its filter, its order, its state, all of its rows."""

from collections.abc import Mapping
from html import escape

import streamlit as st

from dashboard.web import text, url
from dashboard.web.answers import Screen

PATH = "/api/export"
EVIDENCE = "evidence"
FORMATS = {"csv": ("CSV", "CSV"), "json": ("JSON", "JSON")}
MORE_FORMATS = {
    "xlsx": ("Excel", "an Excel workbook"),
    "ndjson": ("JSON lines", "JSON lines"),
    "parquet": ("Parquet", "Parquet"),
    EVIDENCE: ("Evidence", "a zip that proves each of them without this server"),
}

# A link, not st.link_button: that opens a new tab. A style attribute: the theme knows no links that look like buttons.
_STYLE = (
    "display:inline-flex;align-items:center;gap:.4rem;padding:.42rem .8rem;"
    "border:1px solid color-mix(in srgb,currentColor 22%,transparent);"
    "border-radius:.5rem;color:inherit;text-decoration:none;font-size:.9rem;line-height:1.3;white-space:nowrap"
)


def export_buttons(screen: Screen) -> None:
    """The number of rows, a link for each usual kind of file, and the others behind a button. Each link starts a
    download in this tab; the page stays.
    """
    counted = f'<span style="opacity:.72;font-size:.9rem;white-space:nowrap">Export {text.count(screen.count())}</span>'
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content", key="exports"):
        _links(screen, FORMATS, counted, "flex-wrap:wrap;align-items:center;justify-content:flex-end")
        with st.popover("More formats", width="content"):
            _links(screen, MORE_FORMATS, "", "flex-direction:column")


def _links(screen: Screen, formats: Mapping[str, tuple[str, str]], before: str, layout: str) -> None:
    links = "".join(
        file_link(export_link(screen, kind), name, f"Download all {screen.count():,} events of this view as {what}")
        for kind, (name, what) in formats.items()
    )
    st.html(f'<div style="display:flex;gap:.5rem;{layout}">{before}{links}</div>', width="content")


def file_link(href: str, name: str, title: str) -> str:
    """The HTML of a link that looks like a button and starts a download."""
    return (
        f'<a href="{escape(href, quote=True)}" download style="{_STYLE}" title="{escape(title, quote=True)}">'
        f"↓ {escape(name)}</a>"
    )


def export_link(screen: Screen, kind: str) -> str:
    """The link of a file: times instead of a span, and the state on screen, so that later events don't change it."""
    return url.link(f"{PATH}.{kind}", export_pairs(screen, kind))


def export_pairs(screen: Screen, kind: str) -> list[tuple[str, str]]:
    sort = [] if kind == EVIDENCE else [("sort", url.write_sort(screen.view.sort))]
    return [*screen.params, *sort, ("as_of", str(screen.as_of))]
