"""The pages of the dashboard. Made anew at each run: Streamlit knows a page by its script."""

import streamlit as st

from dashboard.paths import PAGES

OVERVIEW_PATH = "overview"
LOG_PATH = "audit-logs"
WEEKLY_PATH = "weekly"
SECURITY_PATH = "security"
INTEGRITY_PATH = "integrity"


def all_pages() -> tuple[st.Page, ...]:
    """Every page, in the order of the sidebar."""
    return overview(), audit_logs(), weekly(), security(), integrity()


def overview() -> st.Page:
    """Today against what is usual, and what stands out."""
    return st.Page(PAGES / "overview.py", title="Overview", url_path=OVERVIEW_PATH, icon=":material/space_dashboard:")


def audit_logs() -> st.Page:
    """The log itself."""
    return st.Page(PAGES / "audit_logs.py", title="Audit Logs", url_path=LOG_PATH, icon=":material/list_alt:")


def weekly() -> st.Page:
    """A week against the week before."""
    return st.Page(PAGES / "weekly.py", title="Weekly", url_path=WEEKLY_PATH, icon=":material/calendar_view_week:")


def security() -> st.Page:
    """Failed logins, new countries, odd hours."""
    return st.Page(PAGES / "security.py", title="Security", url_path=SECURITY_PATH, icon=":material/policy:")


def integrity() -> st.Page:
    """What the log says of itself."""
    return st.Page(PAGES / "integrity.py", title="Integrity", url_path=INTEGRITY_PATH, icon=":material/shield:")
