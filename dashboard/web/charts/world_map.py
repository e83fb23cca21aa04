"""Failed logins on a map of the world. Its shapes lie beside this module; nothing is fetched from anywhere."""

from typing import Any

import altair as alt
import polars as pl
import streamlit as st

from dashboard.events.filter import NONE, EventFilter
from dashboard.query import views
from dashboard.query.engine import Engine
from dashboard.query.figures import failed_logins
from dashboard.web import cards, log_links, text
from dashboard.web.answers import Screen
from dashboard.web.charts import countries, palette

_MOST = 300
_SKELETON_PIXELS = 300
_HEIGHT = 270
_FAINT = 0.16


def world(screen: Screen) -> None:
    """Countries by their failed logins, and how many have no country."""
    with st.container(border=True, key="world"):
        st.markdown("##### Failed logins by country")
        _world(screen)


@st.fragment(parallel=True)
def _world(screen: Screen) -> None:
    with cards.boundary():
        with st.skeleton(height=_SKELETON_PIXELS):
            failed = screen.about(failed_logins(screen.wanted))
            frame = failed.answer(by_country)
        named = frame.drop_nulls("value")
        st.caption(f"From {text.count(named.height, 'country', 'countries')}; the fuller the red, the more")
        st.altair_chart(
            drawn(dict(named.select("value", "events").iter_rows())), key="chart-world",
            alt="Map of the world: failed logins by country",
        )  # fmt: skip
        nowhere = int(frame.filter(pl.col("value").is_null())["events"].sum())
        if nowhere:
            log_links.open_events(
                failed, failed.wanted.with_values("country", [NONE]),
                f"{text.count(nowhere, 'failed login')} without a country",
            )  # fmt: skip


def by_country(engine: Engine, wanted: EventFilter) -> pl.DataFrame:
    """Events by country, most first; null is the row of none."""
    return views.facets(engine, wanted, "country", _MOST)


def drawn(events: dict[str, int]) -> alt.LayerChart | alt.FacetChart:
    """Every country faint, those with events red, the more the fuller; small ones as dots. Codes without shape: not."""
    faint = alt.Chart(shapes(events)).mark_geoshape(aria=False, fill=palette.QUIET, fillOpacity=_FAINT, stroke=None)
    tooltip = [
        alt.Tooltip("properties.name", type="nominal", title="Country"),
        alt.Tooltip("properties.events", type="quantitative", title="Failed logins", format=","),
    ]
    fuller = alt.Scale(type="sqrt", domain=[0, max([*events.values(), 1])], range=[0.15, 1])
    red = (
        alt.Chart(shapes(events))
        .transform_filter("datum.properties.events > 0")
        .mark_geoshape(aria=False, fill=palette.FAILURE, stroke=None)
        .encode(fillOpacity=alt.FillOpacity("properties.events", type="quantitative", scale=fuller, legend=None),
                tooltip=tooltip)
    )  # fmt: skip
    dots = (
        alt.Chart(small(events))
        .mark_circle(aria=False, color=palette.FAILURE, size=50)
        .encode(
            longitude=alt.Longitude("longitude", type="quantitative"),
            latitude=alt.Latitude("latitude", type="quantitative"),
            tooltip=[
                alt.Tooltip("name", type="nominal", title="Country"),
                alt.Tooltip("events", type="quantitative", title="Failed logins", format=","),
            ],
        )
    )
    return alt.layer(faint, red, dots).project(type="naturalEarth1").properties(height=_HEIGHT)


def shapes(events: dict[str, int]) -> alt.InlineData:
    """The countries' shapes with their numbers: Streamlit knows TopoJSON and sends it once for all layers."""
    world = countries.topology()
    geometries = [
        {**one, "properties": {**one["properties"], "events": events.get(one["id"], 0)}}
        for one in world["objects"]["countries"]["geometries"]
    ]
    named: dict[str, Any] = {
        **{name: world[name] for name in ("type", "transform", "arcs")},
        "objects": {"countries": {"type": "GeometryCollection", "geometries": geometries}},
    }
    return alt.InlineData(values=named, format=alt.TopoDataFormat(feature="countries", type="topojson"))


def small(events: dict[str, int]) -> pl.DataFrame:
    """Countries too small for a shape that have events: columns longitude, latitude, name, events."""
    world = countries.topology()
    (scale_x, scale_y), (left, bottom) = world["transform"]["scale"], world["transform"]["translate"]
    found = [
        (one["coordinates"][0] * scale_x + left, one["coordinates"][1] * scale_y + bottom, one["properties"]["name"],
         events[one["id"]])
        for one in world["objects"]["points"]["geometries"] if one["id"] in events
    ]  # fmt: skip
    schema = {"longitude": pl.Float64, "latitude": pl.Float64, "name": pl.String, "events": pl.Int64}
    return pl.DataFrame(found, schema=schema, orient="row")
