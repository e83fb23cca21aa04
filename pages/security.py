"""Security: failed logins in time and place, who tried whom, and what is new or at odd hours."""

import streamlit as st

from dashboard.web.attacks import attack_charts, attack_tables, attacks
from dashboard.web.charts import event_charts, world_map
from dashboard.web.overview import standouts

screen = attacks.open_screen()

attacks.headline(screen)
if attacks.is_there(screen):
    beside_each_other = st.columns([56, 44], gap="medium")
    with beside_each_other[0]:
        standouts.card(screen)
    with beside_each_other[1]:
        attack_charts.failed_over_time(screen)

    beside_each_other = st.columns([62, 38], gap="medium")
    with beside_each_other[0]:
        world_map.world(screen)
    with beside_each_other[1]:
        event_charts.failed_logins(screen)

    beside_each_other = st.columns(2, gap="medium")
    with beside_each_other[0]:
        attack_tables.addresses(screen)
        attack_tables.countries_first_seen(screen)
    with beside_each_other[1]:
        attack_tables.accounts(screen)
        attack_tables.nights(screen)
