"""Events side by side: a tray of those that were chosen, and what differs between them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from dashboard.events.columns import COLUMNS
from dashboard.events.difference import Kind, leaves
from dashboard.web import text, url, zones
from dashboard.web.answers import Event, Screen
from dashboard.web.event import marked
from dashboard.web.event.fields import GROUPS, value_of
from dashboard.web.held import change

_MOST_LINES = 200
_OWN = ("id", "seq", "native_id", "source_seq", "request_id")
_ABSENT = (text.NOTHING, text.UNKNOWN, text.ERASED)


@dataclass(frozen=True, slots=True)
class Line:
    """One field of all events that are compared; None where an event has nothing of the kind."""

    label: str
    values: tuple[str | None, ...]
    is_own: bool = False  # differs from event to event, and says nothing by it

    @property
    def is_equal(self) -> bool:
        return len(set(self.values)) == 1


def compare(screen: Screen) -> None:
    """The tray, and from two events on the comparison; nothing when none is chosen."""
    if not screen.view.compare:
        return
    with st.container(border=True, gap="small", key="compare"):
        events = _tray(screen)
        if len(events) > 1:
            _comparison(events)
        else:
            st.caption("Open another event and add it: what differs is shown here.")


def _tray(screen: Screen) -> list[Event]:
    events: list[Event] = []
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Compare**", width="content")
        for event_id in screen.view.compare:
            found = screen.event(event_id)
            events += [found.row(0, named=True)] if found.height else []
            name = text.label(title(events[-1]), 60) if found.height else f"no event {event_id}"
            st.button(
                name, key=f"compare:{event_id}", icon=":material/close:", icon_position="right",
                help="Take it out of the comparison", on_click=_remove, args=(event_id,),
            )  # fmt: skip
        st.button("Clear", key="compare-clear", type="tertiary", on_click=_clear)
    return events


def title(event: Event) -> str:
    """An event in a few words, on one line."""
    return f"{text.one_line(event['action'], 30)} {text.exact(event['occurred_at'], zones.shown())}"


def _comparison(events: Sequence[Event]) -> None:
    lines = list(compared(events))
    differing, equal = ([line for line in lines if line.is_equal is same] for same in (False, True))
    differing.sort(key=lambda line: line.is_own)
    zone = zones.shown()
    head = [f"{place}. {text.exact(event['occurred_at'], zone)}" for place, event in enumerate(events, 1)]
    st.html(marked.table(head, [(line.label, cells(line)) for line in differing[:_MOST_LINES]]))
    if len(differing) > _MOST_LINES:
        st.caption(f"and {len(differing) - _MOST_LINES:,} more fields that differ")
    st.caption("Marked: the words that differ from the first event, and in it those that none of the others has.")
    with st.expander(f"{text.count(len(equal), 'field')} equal", icon=":material/equal:"):
        st.html(marked.table(["In all of them"], [(line.label, [_shown(line.values[0])]) for line in equal]))


def compared(events: Sequence[Event]) -> Iterator[Line]:
    """A line a field in the order of the drawer, then one for each key of the details, or the details as one text."""
    for names in GROUPS.values():
        for name in names:
            yield Line(COLUMNS[name].label, tuple(value_of(name, event) for event in events), name in _OWN)
    texts = [event["details"] for event in events]
    read = [leaves("{}" if one is None else one) for one in texts]
    if None in read:
        yield Line("Details", tuple(texts))
        return
    for path in dict.fromkeys(path for one in read for path in one or {}):
        yield Line(f"details: {text.one_line(path, 80)}", tuple((one or {}).get(path) for one in read))


def cells(line: Line) -> list[str]:
    """The line's values as HTML: in the others is marked what the first has not, in the first what they all lack."""
    first, *others = line.values
    if line.is_own:
        return [_shown(value) for value in line.values]
    return [_first(first, others), *(_other(value, first) for value in others)]


def _first(first: str | None, others: Sequence[str | None]) -> str:
    if first is None or first in _ABSENT:
        return _shown(first)
    given = [value for value in others if value is not None and value not in _ABSENT]
    if not given:
        return marked.text_of(first)
    return marked.first(first, given)


def _other(value: str | None, first: str | None) -> str:
    if value is None or value in _ABSENT:
        return _shown(value)
    return marked.whole(value, Kind.ADDED) if first is None or first in _ABSENT else marked.side(value, first)


def _shown(value: str | None) -> str:
    if value is None or value in _ABSENT:
        return marked.quiet(value or text.NOTHING)
    return marked.text_of(value)


def toggle(screen: Screen, event_id: int) -> None:
    """The drawer's button: puts the event into the comparison, or takes it out."""
    chosen = screen.view.compare
    if event_id in chosen:
        clicked = st.button("Don't compare", key="compare-toggle", type="tertiary", icon=":material/check:")
    else:
        full = len(chosen) >= url.MOST_COMPARED
        clicked = st.button(
            "Compare", key="compare-toggle", type="tertiary", icon=":material/compare_arrows:", disabled=full,
            help=f"At most {url.MOST_COMPARED} events are compared" if full else "Adds it to the events to compare",
        )  # fmt: skip
    if clicked:
        (_remove if event_id in chosen else _add)(event_id)
        st.rerun()


def _add(event_id: int) -> None:
    change(lambda view: replace(view, compare=tuple(dict.fromkeys((*view.compare, event_id)))))


def _remove(event_id: int) -> None:
    change(lambda view: replace(view, compare=tuple(one for one in view.compare if one != event_id)))


def _clear() -> None:
    change(lambda view: replace(view, compare=()))
