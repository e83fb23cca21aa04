"""Audit Logs: who did what, when and from where; narrowed, charted, paged through and taken along."""

import streamlit as st

from dashboard.web import cards
from dashboard.web.charts import charts
from dashboard.web.event import compare, details
from dashboard.web.log import audit_log, chips, facets, filter_bar, keys, live, log_table
from dashboard.web.serving import at_once

screen = audit_log.open_screen()
screen.begin()
at_once.awaits(("table", *charts.PARTS))
head = audit_log.headline(screen, "Audit Logs")
menus = filter_bar.filter_bar(screen)
chips.chips(screen)
compare.compare(screen)

if screen.count() == 0:
    cards.empty(screen)
    live.state_line(screen)
    keys.keys(screen)
else:
    table, beside_it = st.columns([74, 26], gap="small")
    with beside_it:
        charts.charts(screen)
    with table, at_once.part("table"):
        log_table.log_table(screen)
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            log_table.pages(screen)
            keys.keys(screen)
        live.state_line(screen)
    at_once.wait()
    with beside_it:
        facets.facets(screen)

# What the table need not wait for.
head.fill()
menus.fill()
details.details(screen)
