"""What stands around a chart: its title, how it is drawn, and its numbers as a table."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.events.adornment import Width
from dashboard.web.answers import Screen
from dashboard.web.charts.look import Compare, Form, Look, Scale
from dashboard.web.charts.time_marks import WIDTHS
from dashboard.web.held import change, following

FORMS = {Form.STACKED: "Stacked", Form.LINES: "Lines", Form.SHARE: "Share"}
SCALES = {Scale.LINEAR: "Linear", Scale.LOG: "Logarithmic"}
_AUTO = "auto"


def header(title: str) -> DeltaGenerator:
    """The title at the left; what is returned takes the tools at the right."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        st.markdown(f"##### {title}", width="content")
        return st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", width="content")


def numbers(name: str, alt: str, frame: Callable[[], pl.DataFrame]) -> None:
    """The chart's numbers as a table, made when somebody opens it."""
    told = "The numbers as a table"
    with st.popover(
        told, icon=":material/table_view:", help=told, key=f"numbers-{name}", type="tertiary", on_change="rerun"
    ) as menu:
        if menu.open:
            table = frame()
            st.dataframe(
                table, hide_index=True, height="content" if table.height < 12 else 400, key=f"table-{name}", alt=alt
            )


def look_menu(screen: Screen) -> None:
    """Bars, lines or shares; the scale; the width of a bucket; the period before."""
    look = screen.view.look
    told = "How the chart is drawn"
    with st.popover(
        told, icon=":material/tune:", help=told, key="look-menu", type="tertiary", on_change="rerun"
    ) as menu:
        if not menu.open:
            return
        st.segmented_control(
            "Draw as", list(FORMS), format_func=FORMS.__getitem__, required=True,
            **following("look-form", look.form, partial(_set, Look.in_form)),
        )  # fmt: skip
        st.segmented_control(
            "Scale, of lines", list(SCALES), format_func=SCALES.__getitem__, required=True,
            **following("look-scale", look.scale, partial(_set, _scaled)),
        )  # fmt: skip
        st.selectbox(
            "One bar is a", [_AUTO, *Width], format_func=_width_name,
            **following("look-width", look.width or _AUTO, partial(_set, _as_wide)),
        )  # fmt: skip
        st.toggle(
            "Show the period before", disabled=look.form is Form.SHARE,
            **following("look-compare", look.compare is not None, partial(_set, _compared)),
        )  # fmt: skip


T = TypeVar("T")


def _set(make: Callable[[Look, T], Look], chosen: T) -> None:
    change(lambda view: replace(view, look=make(view.look, chosen)))


def _scaled(look: Look, scale: Scale) -> Look:
    """A logarithmic scale is for lines: on it, the parts of a bar can't be compared."""
    return replace(look.in_form(Form.LINES) if scale is Scale.LOG else look, scale=scale)


def _as_wide(look: Look, width: str) -> Look:
    return replace(look, width=None if width == _AUTO else Width(width))


def _compared(look: Look, wanted: bool) -> Look:
    return replace(look, compare=Compare.PREVIOUS if wanted else None)


def _width_name(width: str) -> str:
    return "width that fits the range" if width == _AUTO else WIDTHS[Width(width)]
