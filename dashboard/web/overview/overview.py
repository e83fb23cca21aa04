"""The frame of the Overview page: which day it shows, first-time help, and where each kind of reader goes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st

from dashboard.errors import UsageError
from dashboard.events.adornment import Width
from dashboard.events.filter import EventFilter
from dashboard.events.times import EARLIEST
from dashboard.query.figures import Figure, figures
from dashboard.web import answers, cards, newer, page_list, text, url, zones
from dashboard.web.answers import Screen
from dashboard.web.integrity import integrity_badge
from dashboard.web.serving import service

TREND_DAYS = 14
USUAL_WEEKS = 4
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What the page shows: today up to this minute, or the newest day with events where that is over for a day."""

    screen: Screen  # about the 14 days that end with the day
    since: datetime | None  # midnight, UTC; None when no event has happened yet
    until: datetime | None
    is_today: bool

    def figures(self) -> tuple[Figure, ...]:
        """The day's numbers. Usual is the median of the same part of the day over the last four same weekdays."""
        if self.since is None or self.until is None:
            return ()
        window = EventFilter(since=self.since, until=self.until)
        weeks = [timedelta(weeks=count) for count in range(1, USUAL_WEEKS + 1)]
        earlier = tuple((max(self.since - week, EARLIEST), max(self.until - week, EARLIEST)) for week in weeks)
        drawn_since = max(self.since - (TREND_DAYS - 1) * _DAY, EARLIEST)
        return self.screen.about(window).answer(figures, earlier, drawn_since, Width.DAY)


def open_day() -> Day:
    """Fixes the state and the day. The page has no parameters: raises UsageError for any."""
    refuse_parameters(())
    screen = answers.open_screen(service.current(), url.View())
    if screen.wanted.until is None:
        return Day(screen=screen, since=None, until=None, is_today=True)
    today, newest = Width.DAY.floor(screen.now), screen.wanted.until - _DAY
    is_today = today - newest <= _DAY
    since = today if is_today else newest
    until = screen.minute if is_today else since + _DAY
    ends = since + _DAY
    window = EventFilter(since=max(ends - TREND_DAYS * _DAY, EARLIEST), until=ends)
    return Day(screen=screen.about(window), since=since, until=until, is_today=is_today)


def refuse_parameters(known: Sequence[str]) -> None:
    """Raises UsageError for a parameter that this page does not have: a bad link never widens."""
    for name in st.query_params:
        if name not in known:
            raise UsageError(
                f"{name[:64]!r} is not a parameter of this page",
                f"It knows {', '.join(known)}." if known else "Filters belong to the page Audit Logs.",
            )


def headline(day: Day) -> None:
    """The title, and in one line which day stands below and what usual means."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="headline"):
        st.title("Overview", anchor=False, width="content")
        if day.screen.service.demo:
            st.badge("Demo account: every event here is invented", icon=":material/science:", color="violet")
        with st.container(width="content"):
            integrity_badge.small_badge(day.screen.service)
        newer.newer(day.screen)
    if day.since is not None and day.until is not None:
        st.caption(_which_day(day.since, day.until, day.is_today))


def _which_day(since: datetime, until: datetime, is_today: bool) -> str:
    name = f"{since:%A}, {text.day(since)}"
    if is_today:
        return (
            f"Today, {name}, up to {until:%H:%M} UTC. Usual: the median of the same part of the day over the last four "
            f"{since:%A}s."
        )
    return f"{name}, all day, UTC. Usual: the median of the last four {since:%A}s."


def first_steps(day: Day) -> bool:
    """Helps where something is not there yet; says whether there is anything to show."""
    screen = day.screen
    if day.since is None:
        if screen.as_of == 0:
            cards.empty(screen)
        else:
            _only_the_future(screen)
        return False
    if not day.is_today:
        _quiet(day.since, screen)
    if screen.service.geo_problem is not None:
        with st.container(border=True, key="no-regions"):
            st.markdown("###### :material/wrong_location: No location data, so no regions and no countries")
            st.text(text.one_line(screen.service.geo_problem, 300))
            st.text("This command fetches a database; events sealed from then on have regions:")
            st.code("auditlens geo update", language="sh")
    return True


def _quiet(newest: datetime, screen: Screen) -> None:
    with st.container(border=True, key="no-events-today"):
        st.markdown("###### :material/bedtime: No events today")
        st.text(
            f"The newest one is of {text.day(newest)}, so that day is shown. If your sources should have sent more, "
            "look at them; a first event from a shell:"
        )
        st.code(cards.first_event(screen.now), language="sh", wrap_lines=True)


def _only_the_future(screen: Screen) -> None:
    with st.container(border=True, key="only-future"):
        st.markdown("#### :material/schedule: No event has happened yet")
        st.text(
            f"All {text.count(screen.as_of)} of the log are claimed to lie in the future. Look at the sources' clocks."
        )
        st.page_link(page_list.audit_logs(), label="Open them in the log", query_params={"range": "all"})


def where_next(day: Day) -> None:
    """A door for each kind of reader."""
    screen = day.screen
    with st.grid(4, min_column_width=220, gap="small", key="where-next"):
        for page, title, told in (
            (page_list.security(), "Look for what is odd", "Failed logins in time and place, new countries, nights."),
            (page_list.weekly(), "Review the week", "Totals against the week before, by day, hour and person."),
            (page_list.audit_logs(), "Take a slice along", "Narrow the log, then download exactly those events."),
            (page_list.integrity(), "Check the proof", "What was verified, when, and what was found."),
        ):
            with st.container(border=True, gap=None):
                st.page_link(page, label=f"**{title}**")
                st.caption(told)
    st.caption(
        f"As of #{screen.as_of:,}, asked {text.exact(screen.now, zones.shown())}. "
        "Every number opens the events that it counts."
    )
