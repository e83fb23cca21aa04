"""The findings: what verification found in the log, and what stands out in its events."""

import streamlit as st

from dashboard.keeping.integrity import Integrity
from dashboard.query.standing_out import Kind, Standout, standing_out
from dashboard.web import cards, log_links, page_list, text
from dashboard.web.answers import Screen
from dashboard.web.charts import countries
from dashboard.web.integrity.integrity_badge import COLOURS, ICONS
from dashboard.web.overview.figure_tiles import written

MOST_SHOWN = 8
RULES = (
    "A day stands out with 20 failed logins or deletions of one account, 20 failures of one category, or failed logins "
    "on 10 accounts from one region, when that is 4 to 5 times the median of these days; and a country when an account "
    "acted from it in the last 7 days and not in the 30 before."
)
_ICONS = {
    Kind.PASSWORDS: ":material/key_off:",
    Kind.ACCOUNTS: ":material/group_off:",
    Kind.DELETIONS: ":material/delete:",
    Kind.FAILURES: ":material/error_outline:",
    Kind.COUNTRY: ":material/travel_explore:",
}
_SKELETON_PIXELS, _VERIFIED_PIXELS = 260, 70


def findings(screen: Screen) -> None:
    """Both kinds in one card; neither is hidden by the other."""
    with st.container(border=True, key="findings-card"):
        st.markdown("##### Findings")
        _verified(screen)
        st.caption(f"What stands out since {text.day(screen.wanted.since)}" if screen.wanted.since else "", help=RULES)
        list_of(screen)


def card(screen: Screen) -> None:
    """What stands out alone, for a page that is about nothing else."""
    with st.container(border=True, key="standouts-card"):
        st.markdown("##### What stands out", help=RULES)
        list_of(screen)


@st.fragment(parallel=True)
def _verified(screen: Screen) -> None:
    with cards.boundary():
        with st.skeleton(height=_VERIFIED_PIXELS):
            integrity = screen.service.integrity()
        verified(integrity)


def verified(integrity: Integrity) -> None:
    """What verification says of the log itself."""
    first = integrity.reasons[0]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(text.label(first.word), icon=ICONS[first.level], color=COLOURS[first.level])
        found = len(integrity.findings)
        st.page_link(page_list.integrity(), label=f"{text.count(found, 'finding')} of verification" if found else "Why")
    st.caption(text.label(first.sentence, 300))


@st.fragment(parallel=True)
def list_of(screen: Screen) -> None:
    """One line for each, newest first, with the number that opens its events."""
    with cards.boundary():
        with st.skeleton(height=_SKELETON_PIXELS):
            found = screen.answer(standing_out)
        if not found:
            st.text("Nothing: these days were as days usually are.")
            return
        with st.container(gap="small", key="standouts"):
            for one in found[:MOST_SHOWN]:
                _line(screen, one)
        if len(found) > MOST_SHOWN:
            st.caption(f"and {len(found) - MOST_SHOWN:,} more, older ones")


def _line(screen: Screen, one: Standout) -> None:
    said = f"**{text.label(headline(one), 160)}**  :small[:gray[{text.label(explained(one), 240)}]]"
    log_links.open_events(screen, one.meant, said, _ICONS[one.kind])


def headline(one: Standout) -> str:
    """What happened, as plain text: `180 failed logins on jonas.weber`."""
    name = text.one_line(one.name, 60)
    return {
        Kind.PASSWORDS: f"{text.count(one.events, 'failed login')} on {name}",
        Kind.ACCOUNTS: f"{text.count(one.events, 'failed login')} on {one.accounts:,} accounts from {name}",
        Kind.DELETIONS: f"{text.count(one.events, 'deletion')} by {name}",
        Kind.FAILURES: f"{text.count(one.events, 'failure')} in {name}",
        Kind.COUNTRY: f"{name} from {countries.name(one.country)} for the first time",
    }[one.kind]


def explained(one: Standout) -> str:
    """When, and beside what."""
    if one.kind is Kind.COUNTRY:
        return f"{one.at:%a %-d %b %H:%M} UTC, {text.count(one.events)}"
    of = " accounts" if one.kind is Kind.ACCOUNTS else ""
    return f"{one.at:%a %-d %b}, usually {written(one.usual)}{of} a day"
