"""A drawing: how a chart looks, as text that stays the same, and the numbers in it apart from it.

A browser that is given the same text again keeps the chart and takes the new numbers in: what a filter changes is then
seen in milliseconds, where another text would be compiled and drawn from nothing.

Altair takes some 50 milliseconds to write a text. So it writes a form of it once, with holes, and what differs from
view to view is filled in.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import polars as pl
import streamlit as st

_HOLE = re.compile(r'"<(\w+)>"')


@dataclass(frozen=True, slots=True)
class Drawing:
    """A Vega-Lite text about named data, and these."""

    text: str
    frames: Mapping[str, pl.DataFrame]

    def to_dict(self) -> dict[str, Any]:
        """The Vega-Lite of it, without the data."""
        written: dict[str, Any] = json.loads(self.text)
        return written

    def show(self, alternative: str, key: str, on_select: Callable[[], None] | Literal["ignore"] = "ignore") -> None:
        """Puts it on the page. `alternative` is part of what the browser compares: it says nothing that changes."""
        st.vega_lite_chart(
            spec={**self.to_dict(), "datasets": dict(self.frames)}, alt=alternative, key=key, on_select=on_select
        )


def named(name: str) -> alt.Chart:
    """A chart of the drawing's data of this name."""
    return alt.Chart(alt.NamedData(name))


def hole(name: str) -> str:
    """What stands in a form for what `filled` puts there."""
    return f"<{name}>"


def form(chart: alt.Chart | alt.LayerChart | alt.FacetChart) -> str:
    """The chart as text, of the height that fills its hole; without a theme: the page's is laid over it.

    Drawn as SVG however many bars there are, where Streamlit would change to pixels: those have no names for a screen
    reader, and become no SVG file.
    """
    spec = chart.to_dict()
    spec.pop("config", None)
    spec["height"] = hole("height")
    spec["usermeta"] = {"embedOptions": {"renderer": "svg"}}
    return json.dumps(spec)


def filled(written: str, **values: object) -> str:
    """The form with all its holes filled at once: a value that looks like a hole stays what it is."""
    return _HOLE.sub(lambda found: json.dumps(values[found[1]]), written)
