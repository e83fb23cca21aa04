"""The pages and what stands around each of them."""

import streamlit as st

from dashboard.events import regions
from dashboard.paths import PAGES
from dashboard.web import cards, service, text
from dashboard.web.service import Service


def show() -> None:
    """Runs the page that the address names."""
    st.set_page_config(page_title="Audit Logs · Auditlens", page_icon="🔎", layout="wide", initial_sidebar_state=210)
    log = st.Page(PAGES / "audit_logs.py", title="Audit Logs", url_path="audit-logs", icon=":material/list_alt:")
    page = st.navigation([_doorstep(log), log], position="hidden")
    with cards.boundary():
        page.run()
    with cards.boundary():
        _sidebar(log, service.current())


def _doorstep(to: st.Page) -> st.Page:
    """The address without a path: the default page can't have one, so it leads on to the page that has."""

    def lead_on() -> None:
        st.switch_page(to, query_params={name: st.query_params.get_all(name) for name in st.query_params})

    return st.Page(lead_on, default=True, title="Auditlens", visibility="hidden")


def _sidebar(page: st.Page, log: Service) -> None:
    """The pages, then the credit that the GeoIP database asks for, or why there are no regions.

    The pages stand here by hand: Streamlit's own menu hides as long as there is only one.
    """
    with st.sidebar:
        st.markdown("### Auditlens")
        st.page_link(page, width="stretch")
        st.space("small")
        if log.geo_problem is not None:
            st.caption("No location data")
            st.text(text.one_line(log.geo_problem, 300))
        else:
            st.caption(f"[{regions.CREDIT}]({regions.CREDIT_URL}), {regions.CREDIT_LICENCE}")
