"""The pages and what stands around each of them."""

from collections.abc import Iterable

import pandas as pd  # noqa: F401 - before any thread: Altair would meet it half imported by another one
import streamlit as st

from dashboard.events import regions
from dashboard.web import address, cards, page_list, text, zones
from dashboard.web.integrity import integrity_badge
from dashboard.web.saved import opening
from dashboard.web.serving import service
from dashboard.web.serving.service import Service

_SIDEBAR_PIXELS = 210


def show() -> None:
    """Runs the page that the address names."""
    st.set_page_config(page_icon="🔎", layout="wide", initial_sidebar_state=_SIDEBAR_PIXELS)  # before a page's own icon
    pages = page_list.all_pages()
    page = st.navigation([_doorstep(), *pages], position="hidden")
    title = next((one.title for one in pages if one.url_path == page.url_path), "Auditlens")
    st.set_page_config(page_title=f"{title} · Auditlens" if title != "Auditlens" else title)
    address.of_page(page.url_path)
    with cards.boundary():
        opening.begin(service.current(), page.url_path)
        page.run()
    with cards.boundary():
        _sidebar(pages, service.current())


def _doorstep() -> st.Page:
    """The address without a path: the default page can't have one, so it leads on to one that has.

    To the log when a filter is given with it, else to the overview.
    """

    def lead_on() -> None:
        given = {name: st.query_params.get_all(name) for name in st.query_params}
        st.switch_page(page_list.audit_logs() if given else page_list.overview(), query_params=given)

    return st.Page(lead_on, default=True, title="Auditlens", visibility="hidden")


def _sidebar(pages: Iterable[st.Page], log: Service) -> None:
    """The pages, the badge and the switch of time zones; then the credit that the GeoIP database asks for, or why there
    are no regions.

    The pages stand here by hand, for the badge belongs right below them.
    """
    with st.sidebar:
        st.markdown("### Auditlens")
        for page in pages:
            st.page_link(page, width="stretch")
        integrity_badge.badge(log)
        zones.switch()
        st.space("small")
        if log.geo_problem is not None:
            st.caption("No location data")
            st.text(text.one_line(log.geo_problem, 300))
        else:
            st.caption(f"[{regions.CREDIT}]({regions.CREDIT_URL}), {regions.CREDIT_LICENCE}")
