"""What a selection in a chart does to the filter: what the filter bar does, so it becomes a chip like any other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import polars as pl
import streamlit as st

from dashboard.events.filter import EventFilter, as_text
from dashboard.query.drawn import Drawn
from dashboard.web import url
from dashboard.web.answers import Screen
from dashboard.web.charts import overview_chart, region_chart, time_chart, time_marks
from dashboard.web.held import change

Selection = Mapping[str, object]

_ZOOMS = "zooms"
_MOST_ZOOMS = 20
_MOST_REMEMBERED = 4  # charts that may be heard again
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Zoom:
    """A window that a drag left, and the one it led to."""

    left: EventFilter
    all_time: bool
    led_to: tuple[datetime, datetime]


def chart_key(name: str) -> str:
    """The chart's key: the same whatever the filter, until somebody selects in it. What was selected acts once."""
    return f"{name}:{st.session_state.get(_turns(name), 0)}"


def has_moved_on(screen: Screen) -> bool:
    """Whether the link asks for another view than is drawn: what a fragment's widget did, the whole page shows."""
    return url.current() != screen.view


def on_time_chart(key: str, named: Sequence[str], drawn: Drawn) -> None:
    """A drag is a range of time; a click on a bar or an entry of the legend is its category."""
    selection = _taken(key)
    if (span := _span(selection.get(time_marks.SPAN))) is not None:
        _zoom_to(time_chart.snapped(drawn, *span))
    elif (label := _picked(selection.get(time_marks.PICK), "category")) is not None:
        toggle("category", *time_chart.chosen(named, label))


def on_overview(key: str, drawn: Drawn) -> None:
    if (span := _span(_taken(key).get(overview_chart.SPAN))) is not None:
        _zoom_to(time_chart.snapped(drawn, *span))


def on_regions(key: str, regions: pl.DataFrame) -> None:
    if (label := _picked(_taken(key).get(region_chart.PICK), "region")) is not None:
        toggle("region", *region_chart.chosen(regions, label))


def toggle(field: str, values: Sequence[str | None], others: bool = False, narrow: bool | None = None) -> None:
    """Narrows to these values of a field (to all but them, for `others`), and widens again where that was done.

    `narrow` says which of the two is meant: a click that is delivered twice does not undo itself then.
    """
    texts = {as_text(value) for value in values}
    name = f"not_{field}" if others else field
    if texts:
        change(partial(toggled, name=name, texts=frozenset(texts), narrow=narrow))


def toggled(view: url.View, name: str, texts: frozenset[str], narrow: bool | None = None) -> url.View:
    """The view with the values, or without them if it has them all; a value is never both wanted and excluded."""
    opposite = name.removeprefix("not_") if name.startswith("not_") else f"not_{name}"
    chosen = set(getattr(view.filter, name))
    if (texts <= chosen) is narrow:
        return view
    if texts <= chosen:
        return view.narrowed(view.filter.with_values(name, chosen - texts))
    freed = view.filter.with_values(opposite, set(getattr(view.filter, opposite)) - texts)
    return view.narrowed(freed.with_values(name, chosen | texts))


def way_back(screen: Screen) -> None:
    """A button to the window that the last drag left, while what it led to is shown."""
    zooms: list[Zoom] = st.session_state.get(_ZOOMS, [])
    window = (screen.view.filter.since, screen.view.filter.until)
    if zooms and zooms[-1].led_to == window:
        left = zooms[-1].left
        told = f"last {left.last}" if left.last else "the longer window" if left.is_timed else "all of it"
        st.button(
            "Back", icon=":material/zoom_out:", key="zoom-back", type="tertiary", on_click=_zoom_back,
            args=(zooms[-1],), help=f"Back to {told}",
        )  # fmt: skip


def _zoom_to(window: tuple[datetime, datetime] | None) -> None:
    if window is None:
        return
    before = url.current()
    old = before.filter
    if (old.since, old.until) == window:
        return
    zoom = Zoom(old, before.all_time, window)
    st.session_state[_ZOOMS] = [*st.session_state.get(_ZOOMS, []), zoom][-_MOST_ZOOMS:]
    change(lambda view: view.narrowed(view.filter.with_window(*window)))


def _zoom_back(zoom: Zoom) -> None:
    """Once: a click that Streamlit delivers a second time finds that it was done."""
    *rest, last = st.session_state[_ZOOMS] or [None]
    if last == zoom:
        st.session_state[_ZOOMS] = rest
        change(partial(_unzoomed, zoom=zoom))


def _unzoomed(view: url.View, zoom: Zoom) -> url.View:
    return replace(view.narrowed(view.filter.timed_as(zoom.left)), all_time=zoom.all_time)


def _taken(key: str) -> Selection:
    """What is newly selected in the chart of this key, in whose place a chart with nothing selected comes.

    A chart that was replaced may be heard again as it goes: with nothing selected, or with what was taken already when
    a slow browser sends its state once more. Its heir stays.
    """
    state = st.session_state.get(key)
    selection: Selection = {} if state is None else state["selection"]
    name = key.rpartition(":")[0]
    taken: dict[str, Selection] = st.session_state.setdefault(f"{name}-taken", {})
    if not any(selection.values()) or taken.get(key) == selection:
        return {}
    if key == chart_key(name):
        st.session_state[_turns(name)] = st.session_state.get(_turns(name), 0) + 1
    taken[key] = selection
    for old in list(taken)[:-_MOST_REMEMBERED]:
        del taken[old]
    return selection


def _turns(name: str) -> str:
    return f"{name}-turns"


def _span(selected: object) -> tuple[datetime, datetime] | None:
    """The two times of a drag, in order; the browser sends milliseconds."""
    times = next(iter(selected.values()), None) if isinstance(selected, Mapping) else None
    if not isinstance(times, Sequence) or len(times) != 2 or not all(isinstance(t, int | float) for t in times):
        return None
    first, last = sorted(_EPOCH + timedelta(milliseconds=t) for t in times)
    return first, last


def _picked(selected: object, field: str) -> str | None:
    if not isinstance(selected, Sequence) or not selected or not isinstance(selected[0], Mapping):
        return None
    value = selected[0].get(field)
    return value if isinstance(value, str) else None
