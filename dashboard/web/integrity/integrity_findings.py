"""What verification found: a table, for the chosen one the row as sealed and as found, and the act of acknowledging.

Nothing here makes a finding go away: an event says who looked at it and why, and the badge goes on naming it.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

import polars as pl
import streamlit as st

from dashboard.errors import AuditlensError
from dashboard.events.columns import COLUMNS
from dashboard.keeping.integrity import Found, Integrity
from dashboard.keeping.places import Row, Rows
from dashboard.web import page_list, text, zones
from dashboard.web.event import fields
from dashboard.web.serving.service import Service

_MOST = 500
_FIELDS = (
    "action", "category", "outcome", "description", "target", "actor", "actor_id", "actor_type", "source_ip",
    "user_agent", "reported_region", "region", "country", "geo_source", "occurred_at", "recorded_at", "id", "source",
    "native_id", "source_seq", "request_id", "details", "db_role", "imported", "erased",
)  # fmt: skip


def findings(log: Service) -> None:
    """The table of everything that was ever found; nothing when that is nothing."""
    integrity = log.integrity()
    if not integrity.findings:
        return
    shown = integrity.findings[:_MOST]
    with st.container(border=True, key="findings"):
        st.markdown("##### Findings")
        new = sum(not integrity.is_known(one.finding) for one in integrity.findings)
        more = f"; the first {_MOST} are shown" if len(integrity.findings) > _MOST else ""
        st.caption(f"{text.count(len(integrity.findings), 'finding')}, {new:,} not acknowledged{more}")
        chosen = _table(integrity, shown)
        if chosen is not None:
            _chosen(log, integrity, chosen)
        else:
            st.caption("Choose one to see the row as sealed and as found, and to acknowledge it.")


def _table(integrity: Integrity, shown: tuple[Found, ...]) -> Found | None:
    """The table, and the row that is chosen in it; a single one always is."""
    found, words = finding_rows(integrity, shown), "Findings of verification"
    if len(shown) == 1:
        st.dataframe(found, hide_index=True, key="finding", alt=words)
        return shown[0]
    chosen = st.dataframe(
        found, hide_index=True, key="finding-table", on_select="rerun", selection_mode="single-row", alt=words
    )
    places = chosen["selection"]["rows"]
    return shown[places[0]] if places and places[0] < len(shown) else None


def finding_rows(integrity: Integrity, shown: tuple[Found, ...]) -> pl.DataFrame:
    """A row a finding, in words."""
    return pl.DataFrame(
        [
            (
                one.finding.kind[0].upper() + one.finding.kind[1:],
                _where(one.finding.first, one.finding.last),
                text.one_line(one.finding.message, 300),
                text.exact(one.first_at),
                "acknowledged" if integrity.is_known(one.finding) else "new",
                f"#{one.finding.name}",
            )
            for one in shown
        ],
        schema=dict.fromkeys(("Found", "Rows", "What", "First seen", "State", "Name"), pl.String),
        orient="row",
    )


def _where(first: int | None, last: int | None) -> str:
    if first is None and last is None:
        return text.NOTHING
    if first == last or last is None:
        return f"#{first:,}"
    return f"#{first:,} to #{last:,}" if first is not None else f"up to #{last:,}"


def _chosen(log: Service, integrity: Integrity, one: Found) -> None:
    finding = one.finding
    st.markdown(
        f"###### {text.label(finding.kind[0].upper() + finding.kind[1:])} {_where(finding.first, finding.last)}"
    )
    st.text(finding.message)
    if finding.first is not None and finding.first == finding.last:
        _both(log.rows_at(finding.first), one)
        if finding.event_id is not None:
            st.page_link(
                page_list.audit_logs(), label="Open the event in the log", icon=":material/open_in_new:",
                query_params={"event": str(finding.event_id), "range": "all"},
            )  # fmt: skip
    event = integrity.facts.acknowledged.get(finding.name)
    if event is None:
        _form(log, one)
        return
    st.text(
        f"Acknowledged {text.exact(event.at, zones.shown())} by {text.one_line(event.who or text.NOTHING, 100)}: "
        f"{text.one_line(event.reason or text.NOTHING, 1_000)}"
    )


def _both(rows: Rows, one: Found) -> None:
    """The leaf as sealed and as found, then the fields; those that differ first."""
    finding = one.finding
    left, right = st.columns(2, gap="small")
    with left:
        st.caption(f"As sealed{_at(finding.sealed_at)}")
        st.code(finding.sealed_leaf or "not known", language=None, wrap_lines=True)
        st.caption(_archived_words(rows.archive, finding.sealed_leaf))
    with right:
        st.caption("As found in the database")
        st.code(rows.database.leaf or "" if rows.database else "no such row", language=None, wrap_lines=True)
        if rows.database is not None and rows.database.leaf == finding.sealed_leaf:
            st.caption("It is as sealed again: somebody put it back.")
    held = compared(rows)
    if held.height:
        st.dataframe(held, hide_index=True, key=f"fields-{finding.name}", alt="The row's fields, archive and database")


def _at(moment: str | None) -> str:
    """A report's time in words."""
    with suppress(ValueError, TypeError):
        return f", {text.exact(datetime.fromisoformat(moment or ''), zones.shown())}"
    return ""


def _archived_words(row: Row | None, sealed_leaf: str | None) -> str:
    if row is None:
        return "The archive does not hold it, so only its hash is known."
    if sealed_leaf is not None and row.leaf == sealed_leaf:
        return "The archive holds it as it was sealed: its hash is the same."
    return "The archive's copy does not have this hash either."


def compared(rows: Rows) -> pl.DataFrame:
    """A row a field: in the archive and in the database; fields that differ first and marked."""
    archived = rows.archive.event if rows.archive else None
    found = rows.database.event if rows.database else None
    differing: list[tuple[str, str, str, str]] = []
    same: list[tuple[str, str, str, str]] = []
    for name in _FIELDS if archived or found else ():
        before, now = _value(name, archived), _value(name, found)
        differs = archived is not None and found is not None and before != now
        (differing if differs else same).append((COLUMNS[name].label, before, now, "yes" if differs else ""))
    return pl.DataFrame(
        [*differing, *same],
        schema=dict.fromkeys(("Field", "Archive", "Database now", "Differs"), pl.String),
        orient="row",
    )


def _value(name: str, event: Mapping[str, object] | None) -> str:
    return text.NOTHING if event is None else text.one_line(fields.value_of(name, event), 400)


def _form(log: Service, one: Found) -> None:
    with st.form(f"acknowledge-{one.finding.name}", border=False):
        st.caption("Acknowledging appends an event with your name and reason. The badge goes on naming the finding.")
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            who = st.text_input(
                "Your name", value=_signed_in(), key=f"who-{one.finding.name}", max_chars=200, width=220
            )
            reason = st.text_input("Reason", key=f"reason-{one.finding.name}", max_chars=1_000)
            sent = st.form_submit_button("Acknowledge")
    if sent:
        _acknowledge(log, one, who.strip(), reason.strip())


def _signed_in() -> str:
    """Who is signed in; empty without a login."""
    if not st.user.get("is_logged_in"):
        return ""
    return str(st.user.get("email") or st.user.get("name") or "")


def _acknowledge(log: Service, one: Found, who: str, reason: str) -> None:
    if not who or not reason:
        st.warning("Give your name and a reason: both stand in the log for ever.", icon=":material/edit_note:")
        return
    try:
        log.acknowledge(one.finding, who, reason)
    except AuditlensError as wrong:
        st.warning(text.label(str(wrong), 300), icon=":material/warning:")
        return
    st.rerun()
