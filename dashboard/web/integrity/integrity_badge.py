"""The badge: on every page in the sidebar, and small at the headline where a narrow screen folds the sidebar away.

It always says state, count, coverage and time, and never by colour alone.
"""

from datetime import UTC, datetime
from html import escape
from typing import Literal

import streamlit as st

from dashboard.errors import AuditlensError
from dashboard.keeping.integrity import Integrity, Level
from dashboard.web import text
from dashboard.web.page_list import INTEGRITY_PATH
from dashboard.web.serving.service import Service

ICONS = {
    Level.GOOD: ":material/verified_user:",
    Level.NEUTRAL: ":material/shield:",
    Level.AMBER: ":material/gpp_maybe:",
    Level.RED: ":material/gpp_bad:",
}
COLOURS: dict[Level, Literal["green", "gray", "orange", "red"]] = {
    Level.GOOD: "green",
    Level.NEUTRAL: "gray",
    Level.AMBER: "orange",
    Level.RED: "red",
}
MARKS = {Level.GOOD: "✓", Level.NEUTRAL: "·", Level.AMBER: "!", Level.RED: "✕"}

_REFRESH_SECONDS = 5.0
_FOLDED = "768px"  # a narrower window has its sidebar folded away
_HUES = {Level.GOOD: "#178a80", Level.NEUTRAL: "#727c8a", Level.AMBER: "#c46a10", Level.RED: "#d64550"}


@st.fragment(run_every=_REFRESH_SECONDS, parallel=True)
def badge(service: Service) -> None:
    """The sidebar's, right below the link to its reasons: the state, then count, coverage and times."""
    level, word, lines = told(service)
    with st.container(gap=None, key="integrity-badge"):
        st.badge(text.label(word), icon=ICONS[level], color=COLOURS[level])
        for line in lines:
            st.caption(line)


@st.fragment(run_every=_REFRESH_SECONDS, parallel=True)
def small_badge(service: Service) -> None:
    """The headline's, in a narrow window only: one link of state and coverage."""
    level, word, lines = told(service)
    # A style attribute, as the theme knows no rule for narrow windows: the width is none in wide ones.
    narrow = f"clamp(0px, calc(({_FOLDED} - 100vw) * 9999), 100vw)"
    st.html(
        f'<div style="max-width:{narrow};max-height:{narrow};overflow:hidden">'
        f'<a href="{INTEGRITY_PATH}" target="_self" style="display:inline-flex;gap:.4rem;align-items:center;'
        "padding:.25rem .7rem;border:1px solid currentColor;border-radius:1rem;color:inherit;text-decoration:none;"
        f'font-size:.9rem;white-space:nowrap"><b style="color:{_HUES[level]}">{MARKS[level]}</b>'
        f'<span>{escape(word)}</span><span style="opacity:.72">{escape(lines[0])}</span></a></div>',
        width="content",
    )


def told(service: Service) -> tuple[Level, str, tuple[str, ...]]:
    """Level, word and lines; a log that does not answer can't be verified."""
    try:
        integrity = service.integrity()
    except AuditlensError as wrong:
        return Level.AMBER, "Cannot verify", (text.label(wrong.message, 120), f"asked {clock(datetime.now(UTC))}")
    return integrity.level, integrity.word, badge_lines(integrity)


def badge_lines(integrity: Integrity) -> tuple[str, ...]:
    """`100 % of 60,123 rows`, since when they were re-hashed, and how many copies lie outside."""
    facts = integrity.facts
    if not facts.as_of:
        return f"{text.count(facts.waiting, 'event')} waiting", f"looked at {clock(facts.now)}"
    copies = [sink.at for sink in facts.sinks if sink.at is not None]
    return (
        f"{integrity.coverage} of {text.count(facts.as_of, 'row')}",
        _since(facts.oldest_at, facts.now),
        f"{text.count(len(copies), 'copy', 'copies')} outside, last {clock(max(copies), facts.now)}"
        if copies
        else "no copy outside",
    )


def _since(oldest: datetime | None, now: datetime) -> str:
    """Short enough for one line of the sidebar."""
    if oldest is None:
        return "not re-hashed yet"
    since = f"since {clock(oldest, now)}"
    return since if len(since) > len("since 00:00 UTC") else f"hashed {since}"


def clock(moment: datetime, now: datetime | None = None) -> str:
    """`08:11 UTC`, with the day where it is not today's."""
    utc = moment.astimezone(UTC)
    same_day = now is None or utc.date() == now.astimezone(UTC).date()
    return f"{utc:%H:%M} UTC" if same_day else f"{utc:%-d %b %H:%M} UTC"
