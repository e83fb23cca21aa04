"""The frame of the Weekly page: which week it shows, how to turn to another, and its numbers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st

from dashboard.errors import UsageError
from dashboard.events.adornment import Width
from dashboard.events.filter import EventFilter
from dashboard.query import views
from dashboard.query.engine import Engine
from dashboard.query.figures import Figure, figures
from dashboard.web import address, answers, cards, held, newer, text, url, zones
from dashboard.web.answers import Screen
from dashboard.web.integrity import integrity_badge
from dashboard.web.overview import figure_tiles
from dashboard.web.overview.overview import refuse_parameters
from dashboard.web.serving import service
from dashboard.web.weekly import weeks
from dashboard.web.weekly.weeks import Week

_LENGTH = timedelta(weeks=1)
_MOST_WEEKS = 260


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One week, an unfinished one up to this minute."""

    screen: Screen  # about the week's events
    week: Week
    until: datetime
    first: Week  # the weeks of the first and of the newest event
    last: Week

    @property
    def is_unfinished(self) -> bool:
        return self.until < self.week.until

    def figures(self) -> tuple[Figure, ...]:
        """The week's numbers, each beside the same part of the week before; the trend is of both weeks' days."""
        earlier = ((self.week.before.since, self.until - _LENGTH),)
        return self.screen.answer(figures, earlier, self.week.before.since, Width.WEEK, Width.DAY)


def open_week() -> Review | None:
    """Fixes the state and the week of the link, or of the newest event; None while the log has none.

    Raises UsageError for a week that is none, and for any other parameter.
    """
    refuse_parameters(("week",))
    given = [value for name, value in address.current() if name == "week"]
    if len(given) > 1:
        raise UsageError("week: is given twice", "Keep one of them.")
    named = weeks.parse(given[0]) if given else None
    screen = answers.open_screen(service.current(), url.View())
    span = screen.about(EventFilter()).answer(_span)
    if span is None:
        _nothing_yet(screen)
        return None
    newest = screen.wanted.until - timedelta(days=1) if screen.wanted.until else span[1]
    week = named or weeks.of(newest)
    until = screen.minute if week.since < screen.minute < week.until else week.until
    window = EventFilter(since=week.since, until=until)
    return Review(
        screen=screen.about(window), week=week, until=until, first=weeks.of(span[0]), last=weeks.of(newest)
    )  # fmt: skip


def _span(engine: Engine, wanted: EventFilter) -> tuple[datetime, datetime] | None:
    return views.time_range(engine, wanted)


def _nothing_yet(screen: Screen) -> None:
    st.title("Weekly", anchor=False)
    cards.empty(screen)


def headline(review: Review) -> None:
    """The title, the week in words, and the ways to others."""
    week = review.week
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="headline"):
        st.title("Weekly", anchor=False, width="content")
        if review.screen.service.demo:
            st.badge("Demo account: every event here is invented", icon=":material/science:", color="violet")
        with st.container(width="content"):
            integrity_badge.small_badge(review.screen.service)
        if review.is_unfinished:
            newer.newer(review.screen)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="week-turner"):
        _turn("Week before", week.before, ":material/chevron_left:", "left", shown=week > review.first)
        _picker(review)
        _turn("Week after", week.after, ":material/chevron_right:", "right", shown=week < review.last)
    st.caption(said(review))


def _turn(label: str, to: Week, icon: str, side: str, *, shown: bool) -> None:
    """A button: Streamlit leaves the browser's address as it is where a link leads to the page that it stands on."""
    if shown:
        st.button(
            label, type="tertiary", icon=icon, icon_position="left" if side == "left" else "right",
            key=f"week-{side}", on_click=_show, args=(str(to),),
        )  # fmt: skip


def _show(week: str) -> None:
    address.write([("week", week)])


def _picker(review: Review) -> None:
    """The weeks from the newest event's back to the first's, the shown one among them."""
    choices = {str(review.week): review.week}
    week = review.last
    while week >= review.first and len(choices) < _MOST_WEEKS:
        choices[str(week)] = week
        week = week.before
    names = sorted(choices, key=lambda name: choices[name], reverse=True)
    st.selectbox(
        "Week", names, label_visibility="collapsed", width=260,
        format_func=lambda name: f"{name}  ({_days(choices[name])})",
        **held.following("week", str(review.week), _show),
    )  # fmt: skip


def _days(week: Week) -> str:
    last = week.until - timedelta(days=1)
    return f"{week.since:%-d %b} – {last:%-d %b %Y}"


def said(review: Review) -> str:
    """Which times stand below, and what they are compared with."""
    week = f"ISO week {review.week}, Monday {text.day(review.week.since)} 00:00 UTC"
    if review.is_unfinished:
        return f"{week}, up to {review.until:%A %H:%M} UTC; compared with the same part of the week before."
    return f"{week}, seven days; compared with the week before."


def tiles(review: Review) -> None:
    """Totals against the week before."""
    figure_tiles.tiles(review.screen, review.figures, "week before")
    state = f"As of #{review.screen.as_of:,}, asked {text.exact(review.screen.now, zones.shown())}."
    st.caption(f"{state} A number opens the events that it counts. Bars: the days of both weeks.")
