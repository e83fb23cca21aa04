"""The menu of the table's columns: which, in what order, how wide; and how high a row is."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import streamlit as st

from dashboard.events.columns import COLUMNS
from dashboard.web.answers import Screen
from dashboard.web.held import change, following
from dashboard.web.log.layout import CHOICES, NARROWEST, WIDEST, Density, Layout

DENSITIES = {Density.NORMAL: "Up to four lines", Density.COMPACT: "One line"}


def columns_menu(screen: Screen) -> None:
    """A button; what is behind it runs while it is open only."""
    with st.popover("Columns", icon=":material/view_column:", key="columns-menu", on_change="rerun") as menu:
        if menu.open:
            _menu(screen.view.layout)


def _menu(layout: Layout) -> None:
    st.segmented_control(
        "A row has", list(DENSITIES), format_func=DENSITIES.__getitem__, required=True,
        **following("table-density", layout.density, _set_density),
    )  # fmt: skip
    st.caption("From left to right, with the width in pixels. Files have their own columns, whatever is shown.")
    for place, name in enumerate(layout.columns):
        _column(layout, place, name)
    left = [name for name in CHOICES if name not in layout.columns]
    st.selectbox(
        "One more", left, index=None, format_func=lambda name: COLUMNS[name].label, placeholder="Add a column",
        label_visibility="collapsed", **following("column-more", None, _add),
    )  # fmt: skip
    if layout != Layout():
        st.button("As it comes", key="columns-usual", icon=":material/undo:", type="tertiary", on_click=_reset)


def _column(layout: Layout, place: int, name: str) -> None:
    label = COLUMNS[name].label
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", wrap=False, key=f"column:{name}"):
        st.text(label, width="stretch")
        st.number_input(
            f"Width of {label}", NARROWEST, WIDEST, value=None, step=10, placeholder="fits", width=120,
            label_visibility="collapsed",
            **following(f"column-width:{name}", layout.widths.get(name), partial(_size, name)),
        )  # fmt: skip
        for word, icon, by, off in (
            ("left", "arrow_upward", -1, place == 0),
            ("right", "arrow_downward", 1, place == len(layout.columns) - 1),
        ):
            st.button(
                "", key=f"column-{word}:{name}", icon=f":material/{icon}:", type="tertiary", disabled=off,
                help=f"{label} further {word}", on_click=_make, args=(partial(Layout.moved, column=name, by=by),),
            )  # fmt: skip
        st.button(
            "", key=f"column-off:{name}", icon=":material/close:", type="tertiary", disabled=len(layout.columns) == 1,
            help=f"Don't show {label}", on_click=_make, args=(partial(_without, name=name),),
        )  # fmt: skip


def _without(layout: Layout, name: str) -> Layout:
    return layout.showing(tuple(column for column in layout.columns if column != name))


def _make(make: Callable[[Layout], Layout]) -> None:
    change(lambda view: replace(view, layout=make(view.layout)))


def _add(name: str | None) -> None:
    if name is not None:
        _make(lambda layout: layout.showing((*layout.columns, name)))


def _size(name: str, width: int | None) -> None:
    _make(lambda layout: layout.sized(name, width))


def _set_density(density: Density) -> None:
    _make(lambda layout: replace(layout, density=density))


def _reset() -> None:
    _make(lambda _: Layout())
