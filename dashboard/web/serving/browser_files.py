"""The scripts and the stylesheet that the browser gets, from this server alone; no log text is in them."""

from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

KEYS, COMPLETION = "/api/keys.js", "/api/completion.js"
CONNECTION, PAGE, STYLE = "/api/connection.js", "/api/page.js", "/api/page.css"

_WEB = Path(__file__).parents[1]
_FILES = {
    KEYS: _WEB / "log" / "keys.js",
    COMPLETION: _WEB / "log" / "completion.js",
    CONNECTION: _WEB / "serving" / "connection.js",
    PAGE: _WEB / "serving" / "page.js",
    STYLE: _WEB / "serving" / "page.css",
}
_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}


def run(*scripts: str) -> None:
    """Has the browser run scripts of this server; each of them sees to it that it runs once."""
    tags = "".join(f'<script src="{script}"></script>' for script in scripts)
    st.html(tags, width="content", unsafe_allow_javascript=True)


def routes() -> list[Route]:
    """`GET /api/keys.js` and the others; the policy of our headers lets the browser run what comes from here."""
    return [Route(path, _send) for path in _FILES]


async def _send(request: Request) -> Response:
    file = _FILES[request.url.path]
    return Response(file.read_bytes(), media_type=_MEDIA_TYPES[file.suffix], headers={"cache-control": "no-cache"})
