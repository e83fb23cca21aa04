"""Weekly: one week's numbers against the week before, each with the events that it counts."""

import streamlit as st

from dashboard.web.charts import event_charts
from dashboard.web.weekly import weekly, weekly_heat, weekly_tables

week = weekly.open_week()

if week is not None:
    weekly.headline(week)
    weekly.tiles(week)

    beside_each_other = st.columns([62, 38], gap="medium")
    with beside_each_other[0]:
        event_charts.over_time(week.screen, "Actions by day and category")
        with st.expander("Numbers by day and category, each opens its events", icon=":material/table:"):
            weekly_tables.by_day(week.screen)
    with beside_each_other[1]:
        event_charts.failed_logins(week.screen)

    weekly_heat.hours(week.screen)

    beside_each_other = st.columns(2, gap="medium")
    with beside_each_other[0]:
        weekly_tables.most_active(week.screen)
    with beside_each_other[1]:
        weekly_tables.deleted(week.screen)
