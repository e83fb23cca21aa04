"""The state and its reasons: by itself every few seconds, and the whole page anew when something was found."""

import streamlit as st

from dashboard.keeping.integrity import Integrity, Level, Reason
from dashboard.web import cards, text, zones
from dashboard.web.integrity.integrity_badge import COLOURS, ICONS
from dashboard.web.serving.service import Service

_SHOWN = "integrity-shown"


def status(log: Service) -> None:
    """The card of the state with its reasons; its own card where the log is empty."""
    integrity = log.integrity()
    st.session_state[_SHOWN] = _sight(integrity)
    _status(log)


def _sight(integrity: Integrity) -> tuple[object, ...]:
    """What the rest of the page shows: when it changes, all of it is drawn anew."""
    known = tuple(integrity.is_known(one.finding) for one in integrity.findings)
    return integrity.facts.as_of == 0, tuple(one.finding.name for one in integrity.findings), known


@st.fragment(run_every=5.0)
def _status(log: Service) -> None:
    with cards.boundary():
        integrity = log.integrity()
        if _sight(integrity) != st.session_state.get(_SHOWN):
            st.rerun()
        if not integrity.facts.as_of and not integrity.findings:
            _empty(log)
            return
        _reasons(integrity)


def _empty(log: Service) -> None:
    with st.container(border=True, key="integrity-empty"):
        st.markdown("#### :material/inbox: The log is empty")
        waiting = log.integrity().facts.waiting
        st.text(
            f"{text.count(waiting)} recorded, and waiting for the first seal."
            if waiting
            else "There is nothing to verify yet. The first event is sealed and signed within a second."
        )


@st.fragment(run_every=5.0)
def numbers(log: Service) -> None:
    """How much is sealed, re-hashed, signed and copied; nothing while the log is empty."""
    with cards.boundary():
        integrity = log.integrity()
        if integrity.facts.as_of:
            _numbers(integrity)


def _numbers(integrity: Integrity) -> None:
    facts = integrity.facts
    oldest, head = facts.oldest_at, facts.head
    copies = [sink.at for sink in facts.sinks if sink.at is not None]
    with st.grid(5, min_column_width=150, gap="small"):
        _number("Sealed", text.count(facts.as_of, "row"), f"{text.count(facts.waiting)} waiting")
        _number("Re-hashed in 24 h", integrity.coverage, f"{text.count(facts.uncovered, 'row')} left")
        _number(
            "Looked at longest ago", text.relative(oldest, facts.now) if oldest else "never",
            text.exact(oldest, zones.shown()) if oldest else "no row is covered",
        )  # fmt: skip
        _number(
            "Signed", text.count(head.size, "row") if head else "none",
            text.relative(head.signed_at, facts.now) if head else "no checkpoint yet",
        )  # fmt: skip
        _number(
            "Copies outside", f"{len(copies)} of {text.count(len(facts.sinks), 'place')}" if facts.sinks else "none",
            f"last {text.relative(max(copies), facts.now)}" if copies else "no place has one",
        )  # fmt: skip


def _number(label: str, value: str, more: str) -> None:
    with st.container(border=True, gap=None):
        st.caption(label)
        st.markdown(f"##### {text.label(value)}")
        st.caption(text.label(more))


def _reasons(integrity: Integrity) -> None:
    """The state in words, then each reason with what to do about it."""
    first = integrity.reasons[0]
    with st.container(border=True, gap="small", key="integrity-reasons"):
        st.subheader(f":{COLOURS[first.level]}[{ICONS[first.level]}] {text.label(first.word)}", anchor=False)
        with st.container(gap=None):
            st.text(first.sentence)
            if first.do:
                st.caption(text.label(first.do, 400))
        for reason in integrity.reasons[1:]:
            _reason(reason)


def _reason(reason: Reason) -> None:
    level = reason.level if reason.decides or reason.level == Level.GOOD else Level.NEUTRAL
    left, right = st.columns([18, 82], gap="small")
    left.badge(text.label(reason.word), icon=ICONS[level], color=COLOURS[level])
    with right, st.container(gap=None):
        st.text(reason.sentence)
        if reason.do:
            st.caption(text.label(reason.do, 400))
