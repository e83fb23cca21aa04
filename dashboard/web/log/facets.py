"""The values beside the table: the most frequent of a field, each to narrow to or to exclude; the others are found by
typing. Each field's counts ignore its own filter, so that what else there is can be seen.
"""

from functools import partial

import polars as pl
import streamlit as st

from dashboard.events.filter import as_text
from dashboard.web import cards, text
from dashboard.web.answers import Screen
from dashboard.web.charts import chart_filters

FIELDS = {
    "category": "Category",
    "action": "Action",
    "outcome": "Outcome",
    "actor": "Actor",
    "region": "Region",
    "ip": "Address",
    "network": "Network",
    "source": "Source",
}
MOST = 8
_LONGEST = 60


def facets(screen: Screen) -> None:
    """The fields to choose from; what nobody has opened is not counted."""
    with st.container(border=True, key="facets"):
        _facets(screen)


@st.fragment
def _facets(screen: Screen) -> None:
    with cards.boundary():
        if chart_filters.has_moved_on(screen):
            st.rerun()
        st.markdown("##### Values")
        field = st.pills(
            "The field whose values are counted", list(FIELDS), format_func=FIELDS.__getitem__, key="facet-field",
            label_visibility="collapsed",
        )  # fmt: skip
        if field is not None:
            _values(screen, field)


def _values(screen: Screen, field: str) -> None:
    typed = st.text_input(
        f"Find in {FIELDS[field]}", key=f"facet-find:{field}", placeholder=f"Find in {FIELDS[field]}",
        label_visibility="collapsed", icon=":material/search:", max_chars=200,
    ).strip()  # fmt: skip
    found = screen.network_facets(MOST, typed) if field == "network" else screen.facets(field, MOST, typed)
    if found.is_empty():
        st.caption("No value holds this text." if typed else "No event matches the other filters.")
        return
    for place, (value, events) in enumerate(found.select("value", "events").iter_rows()):
        _value(screen, "ip" if field == "network" else field, place, value, events)
    st.caption(_told(found, typed))


def _value(screen: Screen, field: str, place: int, value: str | None, events: int) -> None:
    """One value with its number, a plus and a minus; each is taken back by itself."""
    written = as_text(value)
    wanted, unwanted = (written in getattr(screen.view.filter, name) for name in (field, f"not_{field}"))
    shown = "(none)" if value is None else text.one_line(value, _LONGEST) or "(empty)"
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key=f"facet:{place}", wrap=False):
        st.text(shown, width="stretch")
        st.caption(f"{events:,}", width="content")
        for sign, name, active, icon in (
            ("Only", field, wanted, "add"),
            ("Not", f"not_{field}", unwanted, "remove"),
        ):
            told = text.label(f"{'Take away: ' if active else ''}{sign} {shown}")
            st.button(
                told, key=f"facet:{place}:{name}", icon=f":material/{'check' if active else icon}:", type="tertiary",
                help=told,
                on_click=partial(chart_filters.toggle, field, [value], others=sign == "Not", narrow=not active),
            )  # fmt: skip


def _told(found: pl.DataFrame, typed: str) -> str:
    known = found["distinct_values"][0]
    values = text.count(known, "value")
    if typed:
        return f"{values} with this text"
    return f"The {found.height} most frequent of {values}" if known > MOST else values
