"""A log in memory in the place of the real one."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import streamlit as st

from dashboard.web import answers
from dashboard.web.serving import service
from tests.web import sample


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[sample.SampleService]:
    """2,400 events by rule, the newest at 2026-11-23 08:00 UTC; pages and routes see this log."""
    opened = sample.SampleService(sample.frame(newest=datetime(2026, 11, 23, 8, tzinfo=UTC)))
    st.cache_resource.clear()
    answers.kept.clear()
    monkeypatch.setattr(service, "open_service", lambda _: opened)
    yield opened
    st.cache_resource.clear()
    answers.kept.clear()
