"""Integrity: what the log can say of itself, why, and how anyone can check it elsewhere."""

import streamlit as st

from dashboard.web.integrity import (
    integrity_actions,
    integrity_charts,
    integrity_findings,
    integrity_head,
    integrity_outside,
    integrity_status,
)

log = integrity_head.open_log()

integrity_head.headline(log)
integrity_actions.progress(log)
integrity_status.status(log)
integrity_findings.findings(log)
integrity_status.numbers(log)

beside_each_other = st.columns([62, 38], gap="medium")
with beside_each_other[0]:
    integrity_charts.coverage(log)
    integrity_charts.timeline(log)
    integrity_outside.sinks(log)
with beside_each_other[1]:
    integrity_outside.checkpoint(log)
