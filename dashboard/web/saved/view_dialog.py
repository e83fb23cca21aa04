"""The dialog of one saved view: its name, who sees it, whether the log opens with it; and the end of it."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from dashboard.errors import AuditlensError, UsageError
from dashboard.record.saved_views import Draft, SavedView
from dashboard.web import text
from dashboard.web.saved import opening, reader
from dashboard.web.serving.service import Service

MENU = "views-menu"
"""The menu that leads here: it would lie over the dialog."""

_ASKED, _NEW = "view-dialog", 0
_PRIVATE, _SHARED = "Only me", "Everyone"
Saved = Callable[[int, str, str], None]
"""Takes number, name and link of a view that was kept."""


def ask(number: int | None) -> None:
    """Opens the dialog: of a view, or of a new one. It stays open while events come."""
    st.session_state[_ASKED] = number or _NEW
    st.session_state[MENU] = False


def dialog(log: Service, here: str, saved: Saved) -> None:
    """The dialog that was asked for; otherwise nothing."""
    asked: int | None = st.session_state.get(_ASKED)
    if asked is None:
        return
    who = reader.current()
    known = {view.number: view for view in log.saved.seen_by(who.key if who else None)} if asked != _NEW else {}
    view = known.get(asked)
    if asked == _NEW or view is not None:
        _dialog(log, here, view, saved)
    else:  # somebody else deleted it
        _close()


def _close() -> None:
    st.session_state.pop(_ASKED, None)


@st.dialog("Saved view", on_dismiss=_close)
def _dialog(log: Service, here: str, view: SavedView | None, saved: Saved) -> None:
    number = view.number if view else _NEW
    if view is not None and view.name is None:
        st.text("It named a person who was erased since, and was emptied.")
        _delete(log, view)
        return
    who = reader.current()
    name = st.text_input("Name", view.name or "" if view else "", max_chars=120, key=f"view-name:{number}")
    said = st.text_area(
        "What it is for", view.description or "" if view else "", max_chars=600, key=f"view-said:{number}", height=80
    )
    seen = st.segmented_control(
        "Who sees it", [_PRIVATE, _SHARED], default=_SHARED if who is None or (view and view.shared) else _PRIVATE,
        required=True, key=f"view-seen:{number}", disabled=who is None or (view is not None and not view.mine),
    )  # fmt: skip
    st.caption(who_sees(seen == _SHARED, signed_in=who is not None and who.name is not None, known=who is not None))
    changed = view is not None and view.link != here
    taken = changed and st.checkbox("Take over the filter and the columns on screen", key=f"view-taken:{number}")
    first = who is not None and st.checkbox(
        "The log opens with it", opening.choice().view == number, key=f"view-first:{number}"
    )
    if st.button("Save", type="primary", key="view-save"):
        link = here if view is None or taken else view.link or ""
        try:
            draft = Draft(name=name, description=said, link=link, shared=seen == _SHARED)
            kept = keep(log, draft, view)
            _open_with(log, kept, draft.link, wanted=first)
        except AuditlensError as wrong:
            st.error(text.label(str(wrong), 300))
            return
        if draft.link == here:
            saved(kept, draft.name, here)
        _close()
        st.rerun()
    if view is not None:
        _delete(log, view)


def who_sees(shared: bool, *, signed_in: bool, known: bool) -> str:
    """What private and shared mean here, as it is."""
    if shared:
        return "Everyone who reads this log sees it and may change or delete it; each time an event in the log says so."
    if signed_in:
        return "Only your account sees it; whoever administers the database could read it."
    if known:
        return "This server has no login, so it is this browser's: seen by whoever uses it, and gone with its cookies."
    return "This browser keeps no cookies, so nothing can be yours alone here."


def keep(log: Service, draft: Draft, view: SavedView | None) -> int:
    """Keeps a view for who reads this page; gives its number."""
    who = reader.current()
    if who is None and not draft.shared:
        raise UsageError("Nothing can be yours alone in a browser that keeps no cookies.", "Share the view.")
    owner, by = (who.key, who.name) if who else (reader.NOBODY, None)
    return log.saved.keep(draft, owner, by, view.number if view else None)


def _open_with(log: Service, number: int, link: str, *, wanted: bool) -> None:
    who, now = reader.current(), opening.choice()
    did = now.view == number
    if who is not None and wanted != did:
        log.saved.open_with(number if wanted else None, who.key)
    if wanted or did:
        opening.chose(replace(now, view=number if wanted else None, link=link if wanted else None))


def _delete(log: Service, view: SavedView) -> None:
    """Asks once more: a shared view is gone for everyone."""
    who = reader.current()
    if not (view.mine or view.shared):
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="view-end"):
        sure = st.checkbox("Delete it for everyone" if view.shared else "Delete it", key=f"view-sure:{view.number}")
        if st.button("Delete", key="view-delete", disabled=not sure, icon=":material/delete:"):
            try:
                log.saved.delete(view.number, who.key if who else reader.NOBODY, who.name if who else None)
            except AuditlensError as wrong:
                st.error(text.label(str(wrong), 300))
                return
            if opening.choice().view == view.number:
                opening.chose(replace(opening.choice(), view=None, link=None))
            _close()
            st.rerun()
