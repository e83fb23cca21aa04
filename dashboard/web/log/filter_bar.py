"""The bar that narrows the log: categories, time, words, and everything else.

A menu's widgets run while it is open only: what a closed one holds is not counted, and a widget that is not on screen
would miss what the link says.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from dashboard.errors import UsageError
from dashboard.events import search_text
from dashboard.events.filter import NONE, TEXT_FIELDS, EventFilter, as_text, as_value
from dashboard.events.vocabulary import Clock, Outcome
from dashboard.web import text, url
from dashboard.web.answers import Screen
from dashboard.web.held import change, held

_NEWEST, _ALL = "newest", "all"
RANGES = {
    _NEWEST: "Newest 30 days",
    "24h": "Last 24 hours",
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "90d": "Last 90 days",
    _ALL: "All time",
}
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
_WORDS, _WRONG = "search-words", "search-wrong"
_CLOSED = {"outcome": tuple(Outcome), "clock": (*Clock, NONE)}
_MOST_CATEGORIES = 40
_EARLIEST, _LATEST = datetime(1970, 1, 1), datetime(2199, 12, 31, 23, 59)  # noqa: DTZ001 - the picker knows no zones


def filter_bar(screen: Screen) -> None:
    """`+ Category`, the time range, `More filters` and the search, in one row that wraps on a phone."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filter-bar"):
        _category_menu(screen)
        _time_menu(screen)
        _more_menu(screen)
        _search(screen)


def _category_menu(screen: Screen) -> None:
    wanted = screen.view.filter
    with st.popover("\\+ Category", key="category-menu", type="primary", on_change="rerun") as menu:
        if not menu.open:
            return
        st.caption("Events in each category, with all other filters")
        found = {
            as_text(value): events for _, value, events, _ in screen.facets("category", _MOST_CATEGORIES).iter_rows()
        }
        for value in [*found, *(chosen for chosen in wanted.category if chosen not in found)]:
            key = held(f"category:{value}", value in wanted.category)
            name = text.label(as_value(value) or NONE, 40)
            st.checkbox(f"{name} :gray[{found.get(value, 0):,}]", key=key, on_change=_toggle, args=(value, key))
        if not found:
            st.caption("No event matches the other filters.")
        _picker("not_category", "Except", [*found], wanted)


def _toggle(value: str, key: str) -> None:
    wanted: bool = st.session_state[key]

    def with_or_without(view: url.View) -> url.View:
        chosen = {*view.filter.category} - {value} | ({value} if wanted else set())
        return view.narrowed(view.filter.with_values("category", chosen))

    change(with_or_without)


def _time_menu(screen: Screen) -> None:
    view = screen.view
    chosen = range_of(view)
    title = RANGES.get(chosen or "", "Custom time")
    with st.popover(title, icon=":material/schedule:", key="time-menu", on_change="rerun") as menu:
        if not menu.open:
            return
        st.radio(
            "Time range", list(RANGES), format_func=lambda name: RANGES[name], index=None,
            key=held("time-range", chosen), on_change=_set_range,
        )  # fmt: skip
        since, until = screen.wanted.since, screen.wanted.until
        with st.form("custom-time", border=False):
            st.caption("Or from and to, in UTC; the end is not included")
            for title, name, moment in (("From (UTC)", "since", since), ("To (UTC)", "until", until)):
                st.datetime_input(
                    title, value=None, key=held(name, _naive(moment)), min_value=_EARLIEST, max_value=_LATEST, step=60,
                    format="YYYY-MM-DD",
                )  # fmt: skip
            st.form_submit_button("Apply", on_click=_set_times)


def range_of(view: url.View) -> str | None:
    """Which of the ready ranges the view has: a span, `newest`, `all`; None for times of its own."""
    if view.is_default_window:
        return _NEWEST
    return _ALL if view.all_time else view.filter.last if view.filter.last in RANGES else None


def _set_range() -> None:
    chosen: str | None = st.session_state["time-range"]
    if chosen is not None:
        change(lambda view: in_range(view, chosen))


def in_range(view: url.View, chosen: str) -> url.View:
    """The view with one of the ready ranges instead of its own window."""
    last = None if chosen in (_NEWEST, _ALL) else chosen
    timeless = view.filter.with_window(None, None)
    return replace(view.narrowed(replace(timeless, last=last)), all_time=chosen == _ALL)


def _set_times() -> None:
    since, until = (_aware(st.session_state[name]) for name in ("since", "until"))

    def with_times(view: url.View) -> url.View:
        if since is None and until is None:
            raise UsageError("No time is given.", "Give a start, an end or both.")
        return view.narrowed(view.filter.with_window(since, until))

    change(with_times)


def _naive(moment: datetime | None) -> datetime | None:
    """As the picker wants it: to the minute and without a zone; it shows no time that lies outside of its years."""
    wall = moment and moment.astimezone(UTC).replace(tzinfo=None, second=0, microsecond=0)
    return wall if wall and _EARLIEST <= wall <= _LATEST else None


def _aware(wall: datetime | None) -> datetime | None:
    return wall and wall.replace(tzinfo=UTC)


def _more_menu(screen: Screen) -> None:
    wanted = screen.view.filter
    with st.popover("More filters", icon=":material/tune:", key="more-menu", on_change="rerun") as menu:
        if not menu.open:
            return
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
        title, list(known), format_func=_by_label(known), key=held(f"pick:{name}", chosen), on_change=_set_values,
        args=(name, frozenset(known)), accept_new_options=field not in _CLOSED,
        placeholder="Any" if name == field else "None", filter_mode="contains", select_all=False,
    )  # fmt: skip


def _by_label(known: dict[str, str]) -> Callable[[str], str]:
    return lambda value: known.get(value, value)


def _set_values(name: str, known: frozenset[str]) -> None:
    chosen: list[str] = st.session_state[f"pick:{name}"]
    typed = name.removeprefix("not_") in ("ip", *TEXT_FIELDS)  # said as it is meant
    values = [value if value in known or typed else as_text(value) for value in chosen]
    change(lambda view: view.narrowed(view.filter.with_values(name, values)))


def _search(screen: Screen) -> None:
    """The whole filter as one line; what can't be read stays in it until it can.

    Another filter, another widget: the browser may still send the line that stood there before, and nobody typed that.
    """
    meant = search_text.write(screen.view.filter)
    key = f"{_WORDS}:{meant}"
    typed, why = st.session_state.get(_WRONG, ("", ""))
    refused = bool(why) and typed == st.session_state.get(key)
    st.text_input(
        "Search", key=key if refused else held(key, meant), on_change=_set_search, args=(key,),
        placeholder='Search: words, "a phrase", wild*, actor:… -category:… ip:10.0.0.0/8 last:7d',
        icon=":material/search:", label_visibility="collapsed", type="search", max_chars=4000,
    )  # fmt: skip
    if refused:
        st.caption(f":red[{text.label(why, 300)}]")


def _set_search(key: str) -> None:
    typed: str = st.session_state[key]
    try:
        wanted = search_text.read(typed)
    except UsageError as wrong:
        st.session_state[_WRONG] = (typed, str(wrong))
        return
    st.session_state.pop(_WRONG, None)
    change(lambda view: view.narrowed(wanted))
