"""The menu of time: ready ranges, stretches of the calendar, a span of one's own, and times from a calendar."""

from dataclasses import replace
from datetime import datetime, tzinfo

import streamlit as st

from dashboard.errors import UsageError
from dashboard.events.filter import EventFilter
from dashboard.events.times import Period
from dashboard.web import text, url, zones
from dashboard.web.answers import Screen
from dashboard.web.held import change, following, held

NEWEST, ALL = "newest", "all"
RANGES = {
    NEWEST: "Newest 30 days",
    "24h": "Last 24 hours",
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "90d": "Last 90 days",
    ALL: "All time",
}
PERIODS = {period.value: period.value.replace("-", " ").capitalize() for period in Period}
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_MOST_UNITS = 999_999
_EARLIEST, _LATEST = datetime(1970, 1, 1), datetime(2199, 12, 31, 23, 59)  # noqa: DTZ001 - the picker knows no zones


def time_menu(screen: Screen) -> None:
    """A button that says which times are shown; what is behind it runs while it is open only."""
    with st.popover(title(screen.view), icon=":material/schedule:", key="time-menu", on_change="rerun") as menu:
        if menu.open:
            _ranges(screen.view)
            _own(screen)


def title(view: url.View) -> str:
    """The window in a few words: `Last 7 days`, `Yesterday (UTC)`, `Custom time`."""
    chosen = range_of(view)
    if chosen in PERIODS:
        return f"{PERIODS[chosen]} (UTC)"
    return RANGES.get(chosen or "") or (_span(chosen) if chosen else "Custom time")


def _span(last: str) -> str:
    """`Last 36 hours`, `Last 1 week`: not `Last week`, which is one of the calendar."""
    return f"Last {text.count(int(last[:-1]), UNITS[last[-1]].removesuffix('s'))}"


def range_of(view: url.View) -> str | None:
    """Which relative range the view has: a span, a period, `newest`, `all`; None for times of its own."""
    if view.is_default_window:
        return NEWEST
    return ALL if view.all_time else view.filter.last or view.filter.during


def in_range(view: url.View, chosen: str) -> url.View:
    """The view with a relative range instead of its own window; in a link it stays relative."""
    meant = EventFilter(
        last=None if chosen in (NEWEST, ALL, *PERIODS) else chosen, during=chosen if chosen in PERIODS else None
    )
    return replace(view.narrowed(view.filter.timed_as(meant)), all_time=chosen == ALL)


def _ranges(view: url.View) -> None:
    chosen = range_of(view)
    st.radio(
        "Time range", list(RANGES), format_func=RANGES.__getitem__, index=None,
        **following("time-range", chosen if chosen in RANGES else None, _set_range),
    )  # fmt: skip
    st.pills(
        "By the calendar, in UTC", list(PERIODS), format_func=PERIODS.__getitem__,
        **following("time-period", chosen if chosen in PERIODS else None, _set_range),
    )  # fmt: skip


def _set_range(chosen: str | None) -> None:
    change(lambda view: in_range(view, chosen or NEWEST))


def _own(screen: Screen) -> None:
    """Closed until somebody wants it, or has it: other times make these widgets anew, which a click would wait for."""
    is_own = range_of(screen.view) not in (*RANGES, *PERIODS)
    with st.expander("A time of your own", expanded=is_own, key="time-own", on_change="rerun") as own:
        if own.open:
            _own_span(screen.view)
            _own_times(screen, zones.shown())


def _own_span(view: url.View) -> None:
    """`Last 36 hours`: any number of any unit. Another span, other widgets: in a form none follows the link."""
    last = view.filter.last or "24h"
    count, unit = min(int(last[:-1]), _MOST_UNITS), list(UNITS).index(last[-1])
    with st.form("custom-span", border=False), st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.number_input("The last", 1, _MOST_UNITS, count, step=1, key=f"span-count:{last}", width=110)
        st.selectbox(
            "Unit", list(UNITS), unit, format_func=UNITS.__getitem__, key=f"span-unit:{last}", width=120,
            label_visibility="hidden",
        )  # fmt: skip
        st.form_submit_button("Apply", key="span-apply", on_click=_set_span, args=(last,))


def _set_span(before: str) -> None:
    count: int = st.session_state[f"span-count:{before}"]
    unit: str = st.session_state[f"span-unit:{before}"]
    change(lambda view: in_range(view, f"{count}{unit}"))


def _own_times(screen: Screen, zone: tzinfo) -> None:
    since, until = screen.wanted.since, screen.wanted.until
    name = zones.name_of(zone)
    with st.form("custom-time", border=False):
        st.caption(f"Or from and to, in {text.label(name)}; the end is not included")
        keys = held("since", _on_clock(since, zone)), held("until", _on_clock(until, zone))
        for told, key in zip((f"From ({name})", f"To ({name})"), keys, strict=True):
            st.datetime_input(
                told, value=None, key=key, min_value=_EARLIEST, max_value=_LATEST, step=60, format="YYYY-MM-DD"
            )
        st.form_submit_button("Apply", on_click=_set_times, args=(zone, keys))


def _set_times(zone: tzinfo, keys: tuple[str, str]) -> None:
    """Both ends as their clock shows them there; a change of clocks that leaves a doubt is told."""
    ends: list[datetime | None] = []
    for key, is_end in zip(keys, (False, True), strict=True):
        wall: datetime | None = st.session_state[key]
        moment, told = (None, "") if wall is None else zones.instant(wall, zone, is_end=is_end)
        ends.append(moment)
        if told:
            st.toast(text.label(told, 240), icon=":material/history_toggle_off:")
    since, until = ends

    def with_times(view: url.View) -> url.View:
        if since is None and until is None:
            raise UsageError("No time is given.", "Give a start, an end or both.")
        return view.narrowed(view.filter.with_window(since, until))

    change(with_times)


def _on_clock(moment: datetime | None, zone: tzinfo) -> datetime | None:
    """As the picker wants it: to the minute and without a zone; it shows no time that lies outside of its years."""
    wall = moment and moment.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
    return wall if wall and _EARLIEST <= wall <= _LATEST else None
