"""Around an event: the nearest ones by the same actor, from the same address, on the same target, at the same time."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import polars as pl
import streamlit as st

from dashboard.events.filter import EventFilter, as_text
from dashboard.query.sort import NEWEST_FIRST
from dashboard.web import text, url
from dashboard.web.answers import Event, Screen
from dashboard.web.held import change
from dashboard.web.log import shown_rows

STEP = 5
_MOST = 50  # on a side; the log itself shows more
_TICK = timedelta(microseconds=1)
_REACH = "around-reach"


@dataclass(frozen=True, slots=True)
class Kin:
    """What the events around have in common with the one."""

    title: str
    column: str | None  # of `events`; None: nothing but the time
    field: str = ""  # the filter's name of it

    def filter(self, event: Event) -> EventFilter:
        wanted = EventFilter()
        return wanted.with_values(self.field, [as_text(event[self.column])]) if self.column else wanted


KINS = (
    Kin("Same actor", "actor", "actor"),
    Kin("Same address", "source_ip", "ip"),
    Kin("Same target", "target", "target"),
    Kin("Same time", None),
)


def around(screen: Screen, event: Event) -> None:
    """A choice of what is the same, then the events before and after, each one a click away."""
    titles = {kin.title: kin for kin in KINS if kin.column is None or event[kin.column] is not None}
    chosen = st.segmented_control(
        "Around it", list(titles), default=next(iter(titles)), required=True, label_visibility="collapsed",
        key=f"around-{len(titles)}-{next(iter(titles))}",
    )  # fmt: skip
    kin = titles[chosen]
    wanted = kin.filter(event)
    earlier, later = reach((event["id"], kin.title))
    rows = screen.around(wanted, event, earlier, later)
    place = rows["seq"].to_list().index(event["seq"])
    more(f"{STEP} later", "later", (event["id"], kin.title), shown=place == later, icon=":material/arrow_upward:")
    with st.container(gap="xsmall", key="around-rows"):
        for row in rows.iter_rows(named=True):
            line(row, event, with_actor=kin.column != "actor")
    more(
        f"{STEP} earlier", "earlier", (event["id"], kin.title), shown=rows.height - place - 1 == earlier,
        icon=":material/arrow_downward:",
    )  # fmt: skip
    if st.button("Show these in the log", key="around-in-log", icon=":material/filter_alt:"):
        shown_rows.unselect()
        change(lambda view: shown_in_log(view, wanted, rows))
        st.rerun()


def reach(of: tuple[object, ...]) -> tuple[int, int]:
    """How many events are shown before and after, of what is looked at: five each until more are asked for."""
    kept = st.session_state.get(_REACH)
    return (kept[1], kept[2]) if kept is not None and kept[0] == of else (STEP, STEP)


def more(label: str, side: str, of: tuple[object, ...], *, shown: bool, icon: str) -> None:
    """A button that shows five more on a side, as long as there may be any."""
    earlier, later = reach(of)
    if shown and (later if side == "later" else earlier) < _MOST:
        wider = (of, earlier, later + STEP) if side == "later" else (of, earlier + STEP, later)
        st.button(label, key=f"more-{side}", type="tertiary", icon=icon, on_click=_widen, args=(wider,))


def _widen(wider: tuple[tuple[object, ...], int, int]) -> None:
    st.session_state[_REACH] = wider


def line(row: Event, event: Event, *, with_actor: bool) -> None:
    """An event of a list: how far from the one, and what it was. The one itself is marked and leads nowhere."""
    left, right = st.columns([3, 7], gap="small", vertical_alignment="center", wrap=False)
    if row["id"] == event["id"]:
        left.caption("**this event**")
        right.text(_words(row, with_actor=with_actor))  # no Markdown: it makes links of addresses, escaped or not
        return
    moment: datetime = row["occurred_at"]
    left.caption(apart(moment, event["occurred_at"]))
    if right.button(summary(row, with_actor=with_actor), key=f"open:{row['id']}", type="tertiary"):
        open_event(row["id"])


def open_event(event_id: int) -> None:
    """Shows another event in the drawer; the table stays as it is."""
    shown_rows.unselect()
    change(lambda view: replace(view, event=event_id))
    st.rerun()


def summary(row: Event, *, with_actor: bool) -> str:
    """An event in some words, as a button's label: nothing of the log is Markdown in it, and buttons know no links."""
    action, said = (text.label(words, 90) for words in _parts(row, with_actor=with_actor))
    return f"{f':red[{action}]' if row['outcome'] == 'failure' else action} · {said}"


def _words(row: Event, *, with_actor: bool) -> str:
    return " · ".join(_parts(row, with_actor=with_actor))


def _parts(row: Event, *, with_actor: bool) -> tuple[str, str]:
    actor = text.shown("actor", row["actor"], row["actor_type"], row["erased"], 40)
    said = actor if with_actor else text.one_line(row["description"] or text.ERASED, 90)
    return text.one_line(row["action"], 50), said


def apart(moment: datetime, of: datetime) -> str:
    """How far a moment is from another: `3 minutes earlier`, `1 day later`, `same second`."""
    away = text.relative(moment, of)
    if away.startswith("in "):
        return f"{away[3:]} later"
    return f"{away.removesuffix(' ago')} earlier" if away.endswith(" ago") else "same second"


def shown_in_log(view: url.View, wanted: EventFilter, rows: pl.DataFrame) -> url.View:
    """The log with exactly the rows' times and what they have in common, the newest first."""
    oldest, newest = rows["occurred_at"][-1], rows["occurred_at"][0]
    return replace(view.narrowed(wanted.with_window(oldest, newest + _TICK)), sort=NEWEST_FIRST)
