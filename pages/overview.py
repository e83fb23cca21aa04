"""Overview: today against what is usual, what stands out, and where to look next."""

import streamlit as st

from dashboard.web.charts import event_charts
from dashboard.web.overview import figure_tiles, newest_failures, overview, standouts

day = overview.open_day()

overview.headline(day)
if overview.first_steps(day):
    figure_tiles.tiles(day.screen, day.figures)

    beside_each_other = st.columns([62, 38], gap="medium")
    with beside_each_other[0]:
        standouts.findings(day.screen)
        newest_failures.newest_failures(day.screen)
    with beside_each_other[1]:
        event_charts.failed_logins(day.screen)
        event_charts.over_time(day.screen)

    overview.where_next(day)
