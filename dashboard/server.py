"""The ASGI app: Streamlit, the /api routes, the security headers; and the log, open as long as the server runs."""

import gc
import importlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
import streamlit as st
from starlette.middleware import Middleware

from dashboard.paths import APP, ROOT
from dashboard.web.saved.reader import ReaderCookie
from dashboard.web.serving import (
    at_once,
    bundled,
    kept_theme,
    quick_snapshots,
    service,
    streamlit_config,
    whole_callbacks,
)
from dashboard.web.serving.first_script import FirstScript
from dashboard.web.serving.routes import routes
from dashboard.web.serving.security import SecurityHeaders

_HEAVY = (
    "altair",
    "pandas",
    "polars",
    "pyarrow",
    "dashboard.web.navigation",
    "dashboard.web.log.audit_log",
    "dashboard.web.charts.charts",
)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, Any] | None]:
    """Loads what is slow to load, then takes it out of the garbage collector's sight, which looks after every run."""
    await anyio.to_thread.run_sync(_warm_up)
    try:
        yield None
    finally:
        service.close()


def _warm_up() -> None:
    for name in _HEAVY:
        importlib.import_module(name)
    service.current().status()
    gc.collect()
    gc.freeze()


whole_callbacks.install()
kept_theme.install()
at_once.install()
quick_snapshots.install()
bundled.install()
streamlit_config.shut_out_foreign_files()  # before the app: building it already reads the files
app = st.App(
    APP,
    routes=routes(),
    middleware=[Middleware(SecurityHeaders), Middleware(ReaderCookie), Middleware(FirstScript)],
    lifespan=lifespan,
)


def serve(host: str, port: int) -> None:
    """Runs the server until it is told to stop; nobody else's configuration changes ours."""
    sys.argv = [str(ROOT / "auditlens")]  # it need not exist: Streamlit looks for .streamlit/ beside it
    app.run(config=streamlit_config.pinned_config(host, port))
