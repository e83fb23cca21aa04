"""The bar that narrows the log: categories, time (`time_menu`), words, and everything else.

A menu's widgets run while it is open only: what a closed one holds is not counted, and a widget that is not on screen
would miss what the link says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.elements.lib.mutable_popover_container import PopoverContainer

from dashboard.errors import UsageError
from dashboard.events import search_text
from dashboard.events.filter import NONE, TEXT_FIELDS, EventFilter, as_text, as_value
from dashboard.events.vocabulary import Clock, Outcome
from dashboard.web import text, url
from dashboard.web.answers import Screen
from dashboard.web.held import change, following
from dashboard.web.log.columns_menu import columns_menu
from dashboard.web.log.time_menu import time_menu
from dashboard.web.saved.views_menu import views_menu

MORE_FIELDS = {
    "action": "Action",
    "outcome": "Outcome",
    "actor": "Actor",
    "region": "Region",
    "country": "Country",
    "ip": "IP address or network",
    "target": "Target",
    "source": "Source",
    "clock": "Clock",
    "prefix": "A text begins with",
    "exact": "A text is exactly",
    "regex": "A text matches",
}
_WRONG = "search-wrong"
_CLOSED = {"outcome": tuple(Outcome), "clock": (*Clock, NONE)}
_MOST_CATEGORIES = 40


@dataclass(frozen=True, slots=True)
class Menus:
    """Those of the bar whose values are counted: the page need not wait for what stands in them."""

    screen: Screen
    category: PopoverContainer
    more: PopoverContainer

    def fill(self) -> None:
        """Counts, if one is open, and writes what it holds."""
        for menu, write in ((self.category, _categories), (self.more, _more)):
            if menu.open:
                with menu:
                    write(self.screen)


def filter_bar(screen: Screen) -> Menus:
    """`+ Category`, the time range, `More filters`, views, columns and the search, in one row that wraps on a phone."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filter-bar"):
        category = st.popover("\\+ Category", key="category-menu", type="primary", on_change="rerun")
        time_menu(screen)
        more = st.popover("More filters", icon=":material/tune:", key="more-menu", on_change="rerun")
        views_menu(screen)
        columns_menu(screen)
        _search(screen)
    return Menus(screen, category, more)


def _categories(screen: Screen) -> None:
    wanted = screen.view.filter
    st.caption("Events in each category, with all other filters")
    found = {as_text(value): events for _, value, events, _ in screen.facets("category", _MOST_CATEGORIES).iter_rows()}
    for value in [*found, *(chosen for chosen in wanted.category if chosen not in found)]:
        name = text.label(as_value(value) or NONE, 40)
        st.checkbox(
            f"{name} ({found.get(value, 0):,})",
            **following(f"category:{value}", value in wanted.category, partial(_toggle, value)),
        )
    if not found:
        st.caption("No event matches the other filters.")
    _picker("not_category", "Except", [*found], wanted)


def _toggle(value: str, wanted: bool) -> None:
    def with_or_without(view: url.View) -> url.View:
        chosen = {*view.filter.category} - {value} | ({value} if wanted else set())
        return view.narrowed(view.filter.with_values("category", chosen))

    change(with_or_without)


def _more(screen: Screen) -> None:
    wanted = screen.view.filter
    for field, name in MORE_FIELDS.items():
        options = _options(screen, field)
        with st.container(horizontal=True, gap="small"):
            _picker(field, name, options, wanted)
            _picker(f"not_{field}", f"{name}: not", options, wanted)


def _options(screen: Screen, field: str) -> list[str]:
    if field in TEXT_FIELDS:
        return []
    if field in _CLOSED:
        return [str(value) for value in _CLOSED[field]]
    return [as_text(value) for value in screen.facets(field)["value"].to_list()]


def _picker(name: str, title: str, options: list[str], wanted: EventFilter) -> None:
    """Picks values of one field, or takes typed ones; what the link holds is always among the options."""
    chosen = list(getattr(wanted, name))
    field = name.removeprefix("not_")
    known = text.labels(dict.fromkeys([*options, *chosen]))
    st.multiselect(
        title, list(known), format_func=_by_label(known), accept_new_options=field not in _CLOSED,
        placeholder="Any" if name == field else "None", filter_mode="contains", select_all=False,
        **following(f"pick:{name}", chosen, partial(_set_values, name, frozenset(known))),
    )  # fmt: skip


def _by_label(known: dict[str, str]) -> Callable[[str], str]:
    return lambda value: known.get(value, value)


def _set_values(name: str, known: frozenset[str], chosen: list[str]) -> None:
    typed = name.removeprefix("not_") in ("ip", *TEXT_FIELDS)  # said as it is meant
    values = [value if value in known or typed else as_text(value) for value in chosen]
    change(lambda view: view.narrowed(view.filter.with_values(name, values)))


def _search(screen: Screen) -> None:
    """The whole filter as one line; what can't be read stays in it until it can, or until the filter is another."""
    meant = search_text.write(screen.view.filter)
    instead, typed, why = st.session_state.get(_WRONG, ("", "", ""))
    refused = bool(why) and instead == meant
    st.text_input(
        "Search", **following("search-words", typed if refused else meant, partial(_set_search, meant)),
        placeholder='Search: words, "a phrase", wild*, actor:… -category:… ip:10.0.0.0/8 last:7d',
        icon=":material/search:", label_visibility="collapsed", type="search", max_chars=4000,
    )  # fmt: skip
    if refused:
        st.caption(f":red[{text.label(why, 300)}]")


def _set_search(meant: str, typed: str) -> None:
    st.session_state.pop(_WRONG, None)
    if typed == meant:  # what stands there anyway, after a line that was refused
        return
    try:
        wanted = search_text.read(typed)
    except UsageError as wrong:
        st.session_state[_WRONG] = (meant, typed, str(wrong))
        return
    change(lambda view: view.narrowed(wanted))
