"""New events by themselves: each second a look at the state. The page follows at the top, unless it is paused, and
waits elsewhere; a pinned one says what came since.
"""

from dataclasses import replace

import streamlit as st

from dashboard.query import views
from dashboard.query.sort import NEWEST_FIRST
from dashboard.web import text, url
from dashboard.web.answers import Screen, effective
from dashboard.web.held import change
from dashboard.web.serving.service import Service, Status

LATE_SECONDS = 10.0
_SHOWN = "shown-state"
_PAUSED = "live-paused"


def state_to_show(service: Service, view: url.View) -> int | None:
    """The state this run shows, None for the newest: who reads on page 3, or paused, keeps his."""
    asked = (service.log_id, _asked(view))
    shown = st.session_state.get(_SHOWN)
    at_the_top = view.page == 1 and view.sort == NEWEST_FIRST and view.event is None
    follows = at_the_top and not is_paused()
    return None if follows or shown is None or shown[0] != asked else shown[1]


def _asked(view: url.View) -> list[tuple[str, str]]:
    """Which events are looked at, whatever page of them and however they are drawn."""
    return url.to_pairs(replace(view.rows, page=1, as_of=view.as_of))


def is_paused() -> bool:
    """Whether this reader asked that nothing moves."""
    return bool(st.session_state.get(_PAUSED))


def remember_state(screen: Screen) -> None:
    """Keeps the state for the runs to come of the same view."""
    asked = (screen.service.log_id, _asked(screen.view))
    st.session_state[_SHOWN] = (asked, screen.as_of)


@st.fragment(run_every=1.0)
def state_line(screen: Screen) -> None:
    """Says what is on screen and what is not yet; brings new events, or offers them."""
    status = screen.service.status()
    new = new_events(screen, status)
    if new and screen.follows and not is_paused():
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="state-line"):
        st.caption(state_words(screen, status))
        if status.oldest_seconds > LATE_SECONDS:
            late = f"waiting for {status.oldest_seconds:,.0f} s: the sealer is late or stopped"
            st.badge(late, icon=":material/warning:", color="orange")
        if any([_new(new), _pause(screen), _came_since(screen, status)]):
            st.rerun()


def _new(new: int) -> bool:
    return bool(new) and st.button(f"{new:,} new – show", key="show-new", type="tertiary", on_click=_show_new)


def _pause(screen: Screen) -> bool:
    """Holds the page as it is while events come, and lets it go on. Elsewhere than at the top it waits anyway."""
    if not screen.follows:
        return False
    label, icon = ("Go on", "play_arrow") if is_paused() else ("Pause", "pause")
    return st.button(
        label,
        key="live-pause",
        icon=f":material/{icon}:",
        type="tertiary",
        on_click=_turn_pause,
        args=(not is_paused(),),
    )


def _turn_pause(paused: bool) -> None:
    """To what the button says, so that a click that is delivered twice does not undo itself."""
    st.session_state[_PAUSED] = paused


def _came_since(screen: Screen, status: Status) -> bool:
    """Of a pinned view: how many of these events the log has got since, and the way to them."""
    if screen.view.as_of is None:
        return False
    engine = screen.service.engine(status.as_of)
    since = views.count(engine, screen.wanted) - screen.count() if status.as_of > screen.as_of else 0
    label = f"{since:,} came since – show the newest state"
    return st.button(label, key="unpin", type="tertiary", icon=":material/keep_off:", on_click=_unpin)


def _show_new() -> None:
    st.session_state.pop(_SHOWN, None)
    change(lambda view: replace(view, page=1))


def _unpin() -> None:
    change(lambda view: replace(view, as_of=None))


def state_words(screen: Screen, status: Status) -> str:
    """`60,123 events, as of #60,123, 0 waiting to be sealed`."""
    return f"{text.count(screen.count())}, as of #{screen.as_of:,}, {status.waiting:,} waiting to be sealed"


def new_events(screen: Screen, status: Status) -> int:
    """How many events the view has gained since the state on screen; nothing is counted while the state stands."""
    if status.as_of <= screen.as_of or screen.view.event is not None or screen.view.as_of is not None:
        return 0
    service, view = screen.service, screen.view
    engine = service.engine(status.as_of)
    now_wanted = effective(service, engine, view)
    return max(0, views.count(engine, now_wanted) - screen.count())
