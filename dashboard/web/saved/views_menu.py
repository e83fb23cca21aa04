"""The menu of saved views: open one, star it, save what is on screen. It asks the database while it is open only."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from dashboard.record.saved_views import Draft, SavedView
from dashboard.web import text, url
from dashboard.web.answers import Screen
from dashboard.web.held import change, told
from dashboard.web.saved import opening, reader, view_dialog
from dashboard.web.saved.reader import Reader
from dashboard.web.serving.service import Service

_OPENED = "opened-view"
_MANY = 8
_LONGEST_BUTTON = 22


def views_menu(screen: Screen) -> None:
    """A button that says which view is open, and the dialog that saves, changes or deletes one."""
    here = link_of(screen.view)
    with st.popover(_title(here), icon=":material/bookmarks:", key=view_dialog.MENU, on_change="rerun") as menu:
        if menu.open:
            _menu(screen.service, here)
    if screen.view.event is None:  # the drawer of an event is a dialog too, and there can be one
        view_dialog.dialog(screen.service, here, _saved)


def link_of(view: url.View) -> str:
    """What a saved view keeps: the filter with its window as it was said, the order, the look of charts and table."""
    return urlencode(url.to_pairs(replace(view, page=1, event=None, compare=())))


def meant(link: str) -> url.View:
    """The view that a kept link means. Raises UsageError for one that this version can't read."""
    return url.parse(parse_qsl(link, keep_blank_values=True))


def _title(here: str) -> str:
    opened: tuple[int, str, str] | None = st.session_state.get(_OPENED)
    if opened is None:
        return "Views"
    name = text.label(opened[1], _LONGEST_BUTTON)
    return name if opened[2] == here else f"{name}, changed"


def _menu(log: Service, here: str) -> None:
    who = reader.current()
    views = log.saved.seen_by(who.key if who else None)
    if not views:
        st.caption("A view is a filter with its time, order, charts and columns, kept under a name. There is none yet.")
    shown = _found(views) if len(views) > _MANY else views
    for view in shown:
        _line(log, view, who, here)
    st.button(
        "Save what is on screen", key="view-new", icon=":material/bookmark_add:", on_click=view_dialog.ask, args=(None,)
    )
    opened: tuple[int, str, str] | None = st.session_state.get(_OPENED)
    behind = next(
        (view for view in views if opened and view.number == opened[0] and view.link not in (None, here)), None
    )
    if behind is not None:
        st.button(
            f"Update {text.label(behind.name or '', _LONGEST_BUTTON)}", key="view-update", icon=":material/save:",
            on_click=_update, args=(log, behind, who, here), help="It then means what is on screen",
        )  # fmt: skip


def _found(views: Sequence[SavedView]) -> Sequence[SavedView]:
    typed = st.text_input(
        "Find a view", key="view-find", placeholder="Find a view", icon=":material/search:", max_chars=200,
        label_visibility="collapsed",
    ).casefold()  # fmt: skip
    return [view for view in views if typed in f"{view.name} {view.description}".casefold()]


def _line(log: Service, view: SavedView, who: Reader | None, here: str) -> None:
    """One view: its star, its name, what it is, and the way to change it."""
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xxsmall", wrap=False, key=f"view:{view.number}"
    ):
        st.button(
            "", key=f"view-star:{view.number}", icon=f":material/{'star' if view.starred else 'star_border'}:",
            type="tertiary", disabled=who is None,
            help="Take the star away" if view.starred else "Star it: first in this list",
            on_click=_star, args=(log, view, who),
        )  # fmt: skip
        with st.container(gap=None):
            if view.link is None or view.name is None:
                st.text("Emptied: it named an erased person")
            else:
                st.button(
                    text.label(view.name, 60), key=f"view-open:{view.number}", type="tertiary", on_click=_open,
                    args=(view,), icon=":material/check:" if view.link == here else None,
                )  # fmt: skip
            st.caption(text.label(about(view), 240))
        st.button(
            "", key=f"view-edit:{view.number}", icon=":material/edit:", type="tertiary", help="Rename, share, delete",
            on_click=view_dialog.ask, args=(view.number,),
        )  # fmt: skip


def about(view: SavedView) -> str:
    """Whose it is, whether the log opens with it, and what it is for."""
    whose = f"shared by {view.owner_name or 'somebody'}" if view.shared and not view.mine else (
        "yours, shared" if view.shared else "private"
    )  # fmt: skip
    first = ", opens with the log" if opening.choice().view == view.number else ""
    return f"{whose}{first}{' · ' if view.description else ''}{text.one_line(view.description or '', 160)}"


def _open(view: SavedView) -> None:
    assert view.link is not None
    assert view.name is not None
    link = view.link
    st.session_state[_OPENED] = (view.number, view.name, link)
    st.session_state[view_dialog.MENU] = False
    change(lambda _: meant(link))


def _star(log: Service, view: SavedView, who: Reader) -> None:
    with told():
        log.saved.star(view.number, who.key, starred=not view.starred)


def _update(log: Service, view: SavedView, who: Reader | None, here: str) -> None:
    name, said = view.name or "", view.description or ""
    owner, by = (who.key, who.name) if who else (reader.NOBODY, None)
    with told():
        log.saved.keep(Draft(name=name, description=said, link=here, shared=view.shared), owner, by, view.number)
        _saved(view.number, name, here)


def _saved(number: int, name: str, link: str) -> None:
    """What was saved is what is open."""
    st.session_state[_OPENED] = (number, name, link)
    default = opening.choice()
    if default.view == number:
        opening.chose(replace(default, link=link))
