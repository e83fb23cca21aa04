"""The pages and what stands around each of them."""

import streamlit as st

from dashboard.events import regions
from dashboard.web import cards, integrity_badge, page_list, service, text
from dashboard.web.service import Service

_SIDEBAR_PIXELS = 210


def show() -> None:
    """Runs the page that the address names."""
    st.set_page_config(page_icon="🔎", layout="wide", initial_sidebar_state=_SIDEBAR_PIXELS)  # before a page's own icon
    log, integrity = page_list.audit_logs(), page_list.integrity()
    page = st.navigation([_doorstep(log), log, integrity], position="hidden")
    title = integrity.title if page.url_path == integrity.url_path else log.title
    st.set_page_config(page_title=f"{title} · Auditlens")
    with cards.boundary():
        page.run()
    with cards.boundary():
        _sidebar((log, integrity), service.current())


def _doorstep(to: st.Page) -> st.Page:
    """The address without a path: the default page can't have one, so it leads on to the page that has."""

    def lead_on() -> None:
        st.switch_page(to, query_params={name: st.query_params.get_all(name) for name in st.query_params})

    return st.Page(lead_on, default=True, title="Auditlens", visibility="hidden")


def _sidebar(pages: tuple[st.Page, st.Page], log: Service) -> None:
    """The pages and the badge, then the credit that the GeoIP database asks for, or why there are no regions.

    The pages stand here by hand, for the badge belongs right below them.
    """
    with st.sidebar:
        st.markdown("### Auditlens")
        for page in pages:
            st.page_link(page, width="stretch")
        integrity_badge.badge(log)
        st.space("small")
        if log.geo_problem is not None:
            st.caption("No location data")
            st.text(text.one_line(log.geo_problem, 300))
        else:
            st.caption(f"[{regions.CREDIT}]({regions.CREDIT_URL}), {regions.CREDIT_LICENCE}")
