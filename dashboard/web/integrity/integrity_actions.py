"""`Seal now` and `Verify now`. A pass of verification is the server's: every session sees the same one."""

from datetime import UTC, datetime, timedelta

import streamlit as st

from dashboard.errors import AuditlensError
from dashboard.ledger.report import Report
from dashboard.web import text
from dashboard.web.integrity.verify_pass import Outcome, Pass
from dashboard.web.serving.service import Service

_TOLD, _SEALED = "verification-told", "seal-told"
_TOLD_FOR = timedelta(minutes=10)


def buttons(log: Service) -> None:
    """Both acts; what can't be done here says why."""
    why = log.cannot_seal()
    with st.container(horizontal=True, gap="small", width="content"):
        st.button(
            "Seal now", key="seal-now", icon=":material/approval:", disabled=why is not None, on_click=_seal,
            args=(log,), help=why or "Gives what waits its place, signs the tree, and sends copies of the checkpoint",
        )  # fmt: skip
        st.button(
            "Verify now", key="verify-now", icon=":material/fact_check:", type="primary", on_click=log.verify_now,
            help="Re-hashes every row, and checks the tree, the signatures, the copies and the archive",
        )  # fmt: skip


def _seal(log: Service) -> None:
    try:
        st.session_state[_SEALED] = (True, log.seal_now())
    except AuditlensError as wrong:
        st.session_state[_SEALED] = (False, str(wrong))


@st.fragment(run_every=0.5)
def _watch(log: Service) -> None:
    """The bar of the pass that runs; when it is done the page is drawn anew."""
    state = log.verifying()
    if not state.running:
        st.rerun()
    share = min(state.done / state.total, 1.0) if state.total else 0.0
    rows = f"{state.done:,} of {text.count(state.total, 'row')}" if state.total else "reading the log"
    st.progress(share, text=f"Verifying: {rows}")


def progress(log: Service) -> None:
    """The pass that runs, or what one said that ended just now; until it is closed."""
    if (sealed := st.session_state.pop(_SEALED, None)) is not None:
        _seal_result(*sealed)
    state = log.verifying()
    if state.running:
        _watch(log)
    elif _is_news(state):
        _result(state)


def _seal_result(done: bool, words: str) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="seal-result"):
        if done:
            st.badge("Sealed", icon=":material/approval:", color="green")
        else:
            st.badge("Not sealed", icon=":material/warning:", color="orange")
        st.text(text.one_line(words, 500), width="stretch")


def _is_news(state: Pass) -> bool:
    if state.ended is None or st.session_state.get(_TOLD) == state.ended:
        return False
    return datetime.now(UTC) - state.ended < _TOLD_FOR


def _result(state: Pass) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="pass-result"):
        if state.wrong is not None:
            st.badge("Not verified", icon=":material/warning:", color="orange")
            st.text(text.one_line(state.wrong, 500), width="stretch")
        elif state.outcome is not None:
            damaged = not state.outcome.report.is_sound
            st.badge("Damaged" if damaged else "Sound", color="red" if damaged else "green")
            st.text(result_words(state.outcome), width="stretch")
        st.button("Close", key="pass-told", type="tertiary", on_click=_close, args=(state,))


def _close(state: Pass) -> None:
    st.session_state[_TOLD] = state.ended


def result_words(outcome: Outcome) -> str:
    """What a pass covered and found; that its report is not kept, where it is not."""
    report = outcome.report
    found = text.count(len(report.findings), "finding") if report.findings else "nothing wrong"
    said = f"{_covered(report)} in {report.seconds:,.1f} s: {found}."
    left = " ".join(text.one_line(why, 300) for why in report.left_out)
    kept = f"The badge does not count it: {outcome.not_kept}" if outcome.not_kept else ""
    return " ".join(part for part in (said, left, kept) if part)


def _covered(report: Report) -> str:
    return (
        f"{text.count(report.rows, 'row')} of the database and {report.archived:,} of the archive, "
        f"{text.count(report.seals, 'seal')}, {text.count(report.checkpoints, 'signature')} and "
        f"{text.count(report.anchors, 'copy', 'copies')} outside checked"
    )
