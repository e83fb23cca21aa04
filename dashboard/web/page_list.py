"""The pages of the dashboard. Made anew at each run: Streamlit knows a page by its script."""

import streamlit as st

from dashboard.paths import PAGES

INTEGRITY_PATH = "integrity"


def audit_logs() -> st.Page:
    """The log itself."""
    return st.Page(PAGES / "audit_logs.py", title="Audit Logs", url_path="audit-logs", icon=":material/list_alt:")


def integrity() -> st.Page:
    """What the log says of itself."""
    return st.Page(PAGES / "integrity.py", title="Integrity", url_path=INTEGRITY_PATH, icon=":material/shield:")
